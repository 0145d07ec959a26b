"""Tools that make the game: from level files and drawings to ROM and start states."""
