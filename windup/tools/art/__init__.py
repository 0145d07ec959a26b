"""All that is seen in Windup: drawn by code and by grids of characters, one module for each zone."""
