"""The actors' side of a run: emulators and their pools, games and levels, rollouts with latents and curiosity."""
