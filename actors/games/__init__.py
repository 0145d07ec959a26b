"""Games, their levels and rules, and the import of ROMs."""
