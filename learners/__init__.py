"""What runs beside the GPU: sequence pool, world-model learner, PPO policy."""
