"""Modules that also run on Python 3.8, in hosts with gym-retro."""
