"""Windup without an emulator: the game's sources compiled for this machine, with a model of the video processor."""
