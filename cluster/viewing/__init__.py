"""Windows and movies: a game to play, an agent to watch, a world model's dreams."""
