"""Other trainers on the same game with as many emulators, each from PyPI in its own environment (`make peers`)."""
