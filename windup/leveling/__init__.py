"""Level files, what levels are composed of, and the generator that composes them."""
