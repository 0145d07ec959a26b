"""The free game: sources, levels, tools, and what stable-retro loads."""
