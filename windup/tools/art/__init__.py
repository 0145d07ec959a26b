"""The graphics of Windup: drawn by code and by grids of characters, with a module for each zone."""
