"""The world model: networks and losses, and the parameter server with its store."""
