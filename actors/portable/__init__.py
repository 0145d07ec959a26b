"""What Python 3.8 runs, too: in hosts with gym-retro."""
