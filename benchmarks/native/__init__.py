"""The native game beside emulators: a step, a pool, rollouts, whole training runs, and what is left of an actor."""
