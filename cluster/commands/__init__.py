"""One file for each command of `sonic-worlds`."""
