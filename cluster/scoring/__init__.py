"""How good agents are: studies of many runs, with intervals."""
