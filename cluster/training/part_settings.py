"""The arguments of each part of a run, from the run's configuration."""

from collections.abc import Mapping
from typing import Any

from ray.rllib.algorithms.algorithm_config import AlgorithmConfig

from actors.games.levels import Level
from actors.rollout.env_runner import CuriousEnvRunner
from actors.rollout.rollout import Rollout
from cluster.config.config import TrainConfig
from cluster.config.redis_password import with_password
from learners.policy import policy_config
from world_model.published.private_valkey import PrivateValkey
from world_model.spec import WorldModelSpec
from world_model.weights import shapes_of


def of_server(config: TrainConfig, spec: WorldModelSpec, key: str, valkey: PrivateValkey | None) -> dict[str, Any]:
    """Returns the arguments of `ParameterServer`, without `put`.

    Args:
        key: the run's name in the store.
        valkey: the private store; None for that of --redis-url.
    """
    lag = config.world_model.lag
    return {
        "redis_url": valkey.url if valkey else with_password(config.redis_url or ""),
        "run": key,
        "keep": lag + 1,
        "lag": lag,
        "shapes": shapes_of(spec),
    }


def of_actors(
    config: TrainConfig,
    spec: WorldModelSpec,
    levels: list[Level],
    probabilities: Mapping[Level, float] | None,
    states: Mapping[Any, dict[str, Any]],
    server: Any,
    learner: Any,
) -> Rollout:
    """Returns what makes the actors' environments.

    Args:
        probabilities: of the levels, to begin with; None: the schedule's own.
        states: of the actors, by index, to continue from.
        server, learner: the objects themselves in a serial run, else handles of Ray actors.
    """
    return Rollout(
        levels=tuple(levels),
        emulators=config.emulators_per_actor,
        emulator=config.emulator,
        threads=max(1, int(config.resources.rollout_actor.cpus)),
        spec=spec,
        curiosity=config.curiosity,
        reward=config.reward,
        sequence_length=config.world_model.sequence_length,
        seed=config.seed,
        remote=not config.serial,
        server=server,
        learner=learner,
        actors=1 if config.serial else config.actors,
        round_robin=config.level_schedule == "round-robin",
        probabilities=probabilities,
        states={int(index): state for index, state in states.items()},
    )


def of_policy(config: TrainConfig, rollout: Rollout, steps: int) -> AlgorithmConfig:
    """Returns RLlib's configuration of the policy.

    Args:
        rollout: makes the actors' environments.
        steps: number of steps of the resumed run.
    """
    return policy_config(
        config.policy,
        CuriousEnvRunner,
        {"make": rollout},
        config.actors,
        config.emulators_per_actor,
        config.seed,
        config.serial,
        steps,
        score_levels=config.level_schedule == "prioritized",
        algorithm=config.algorithm,
        last_step=config.steps,
    )
