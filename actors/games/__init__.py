"""Games, their levels and rules."""
