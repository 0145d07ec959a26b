"""Level files, the pieces of levels, and the generator that composes them."""
