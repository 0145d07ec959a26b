"""Other trainers on this game with equally many emulators, each from PyPI in its own environment (`make peers`)."""
