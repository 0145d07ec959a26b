"""Published weights: their server, their store, and their form in bytes, without networks and torch."""
