"""Published weights: their server, their store, and the bytes they are stored as. No networks, no torch."""
