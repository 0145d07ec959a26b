"""Benchmarks of the native game beside emulators: a step, a pool, rollouts, training runs, and an actor's profile."""
