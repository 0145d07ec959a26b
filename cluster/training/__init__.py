"""Training: the parts of a run, and the loop over them."""
