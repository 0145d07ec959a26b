"""Ray, and what a run needs of the machines it is on."""
