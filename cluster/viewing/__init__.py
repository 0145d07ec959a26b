"""Windows and movies."""
