"""Reports and comparisons of runs, as HTML."""
