"""The learners' side of a run: sequence pool, world-model learner, PPO policy."""
