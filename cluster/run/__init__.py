"""A run's folder: its checkpoints, history and agent, and the checks before it is made."""
