"""A plan's needs in the words of Ray and RLlib."""

from typing import Any

from ray.rllib.algorithms.algorithm_config import AlgorithmConfig

from cluster.host.plan import Need, Plan


def ray_options(need: Need) -> dict[str, Any]:
    """For `.options` of a Ray actor."""
    asked = dict(need.resources)
    return {
        "num_cpus": asked.pop("CPU", 0.0),
        "num_gpus": asked.pop("GPU", 0.0),
        "memory": int(asked.pop("memory", 0.0)) or None,
        "resources": asked,
    }


def ask_for(config: AlgorithmConfig, plan: Plan) -> None:
    """RLlib asks Ray for what the plan says of its learner and its runners."""
    asked = dict(plan.ppo_learner.resources)
    config.learners(num_cpus_per_learner=asked.pop("CPU", 0.0), num_gpus_per_learner=asked.pop("GPU", 0.0))
    config.learners(custom_resources_per_learner=asked)
    asked = dict(plan.rollout_actors.resources)
    config.env_runners(num_cpus_per_env_runner=asked.pop("CPU", 0.0), custom_resources_per_env_runner=asked)
