"""A plan's needs as options of Ray and RLlib."""

import shlex
import sys
from collections.abc import Mapping
from typing import Any

from ray.rllib.algorithms.algorithm_config import AlgorithmConfig

from cluster.host.plan import Need, Plan


def ray_options(need: Need) -> dict[str, Any]:
    """Returns arguments for `.options` of a Ray actor."""
    amounts = dict(need.resources)
    return {
        "num_cpus": amounts.pop("CPU", 0.0),
        "num_gpus": amounts.pop("GPU", 0.0),
        "memory": int(amounts.pop("memory", 0.0)) or None,
        "resources": amounts,
    }


def with_variables(variables: Mapping[str, str]) -> dict[str, Any]:
    """Returns the runtime environment of an actor whose process has these environment variables.

    Ray starts such a process by a line of a shell, and does not quote the path of its Python.
    """
    quoted = shlex.quote(sys.executable)
    # Where nothing needs it, every node takes its own Python, which may be elsewhere.
    return {"env_vars": dict(variables)} | ({"py_executable": quoted} if quoted != sys.executable else {})


def request_resources(config: AlgorithmConfig, plan: Plan) -> None:
    """Lets RLlib request the plan's resources for its learner and its runners."""
    amounts = dict(plan.ppo_learner.resources)
    config.learners(num_cpus_per_learner=amounts.pop("CPU", 0.0), num_gpus_per_learner=amounts.pop("GPU", 0.0))
    config.learners(custom_resources_per_learner=amounts)
    amounts = dict(plan.rollout_actors.resources)
    config.env_runners(num_cpus_per_env_runner=amounts.pop("CPU", 0.0), custom_resources_per_env_runner=amounts)
