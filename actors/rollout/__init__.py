"""Rollout actors: episodes of many emulators, for the policy and the world model to learn from."""
