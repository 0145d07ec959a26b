"""Emulators of every kind behind one interface."""
