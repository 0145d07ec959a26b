"""Windup without an emulator: the console's sources compiled for this machine, with a model of its video processor."""
