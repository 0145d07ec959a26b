"""What each part of a run is told, out of the run's configuration."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ray.rllib.algorithms.algorithm_config import AlgorithmConfig

from actors.emulation.hosts import Hosts
from actors.emulation.pool import EmulatorSettings
from actors.games.levels import Level
from actors.rollout.curiosity import CuriositySettings
from actors.rollout.env_runner import CuriousEnvRunner
from actors.rollout.rollout import Rollout
from cluster.config.config import TrainConfig
from cluster.config.redis_password import with_password
from learners.policy import PolicySettings, policy_config
from learners.world_model_learner import LearnerSettings
from world_model.lambdas import Lambdas
from world_model.published.private_valkey import PrivateValkey
from world_model.spec import SIGHT, WorldModelSpec
from world_model.weights import shapes_of


def of_server(config: TrainConfig, spec: WorldModelSpec, key: str, valkey: PrivateValkey | None) -> dict[str, Any]:
    """The arguments of `ParameterServer`, but for `put`.

    Args:
        key: of the run, in the store.
        valkey: the store, if it is a private one.
    """
    lag = config.world_model.lag
    return {
        "redis_url": valkey.url if valkey else with_password(config.redis_url or ""),
        "run": key,
        "keep": lag + 1,
        "lag": lag,
        "shapes": shapes_of(spec),
    }


def of_learner(config: TrainConfig) -> LearnerSettings:
    section = config.world_model
    given = (section.lambda_vae, section.lambda_mdn, section.lambda_inverse)
    lambdas = None if None in given else Lambdas(*given)  # type: ignore[arg-type]
    sight = SIGHT[config.preset]
    left_out = {"lag", "sampling_waits", "lambda_vae", "lambda_mdn", "lambda_inverse", "lambda_kl", "moving_weight"}
    return LearnerSettings(
        **section.model_dump(exclude=left_out),
        lambda_kl=sight.lambda_kl if section.lambda_kl is None else section.lambda_kl,
        moving_weight=sight.moving_weight if section.moving_weight is None else section.moving_weight,
        lambdas=lambdas,
        measures_progress=config.curiosity == "learning_progress",
    )


def of_actors(
    config: TrainConfig,
    spec: WorldModelSpec,
    levels: list[Level],
    probabilities: Mapping[Level, float] | None,
    states: Mapping[Any, dict[str, Any]],
    attached_to: Path | None,
    server: Any,
    learner: Any,
) -> Rollout:
    """
    Args:
        states: of the actors, by index, to continue from.
        attached_to: directory of the gym-remote server that is the one emulator.
        server, learner: of a serial run the objects themselves, else the handles of Ray actors.
    """
    section = config.emulator
    hosts = None
    if attached_to:
        hosts = Hosts(directory=str(attached_to))
    elif section.kind == "gym-remote":
        hosts = Hosts(section.host_command)
    return Rollout(
        levels=tuple(levels),
        emulators=config.emulators_per_actor,
        emulator=EmulatorSettings(
            observation_size=spec.observation_size,
            sticky_probability=section.sticky_probability,
            max_episode_steps=section.max_episode_steps,
            max_episode_seconds=section.max_episode_seconds,
            stuck_steps=section.stuck_steps,
            exact=section.exact,
            timeout_s=section.timeout_s,
            hosts=hosts,
            native=hosts is None and section.kind == "native",
            threads=max(1, int(config.resources.rollout_actor.cpus)),
        ),
        spec=spec,
        curiosity=CuriositySettings(
            kind=config.curiosity,
            share=config.reward.curiosity_share,
            boredom_threshold=config.reward.boredom_threshold,
        ),
        extrinsic_scale=config.reward.extrinsic_scale,
        rises_only=config.reward.rises_only,
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
    """
    Args:
        steps: sampled before, by the run that is resumed.
    """
    return policy_config(
        PolicySettings(algorithm=config.algorithm, **config.policy.model_dump()),
        CuriousEnvRunner,
        {"make": rollout},
        config.actors,
        config.emulators_per_actor,
        config.seed,
        config.serial,
        steps,
        score_levels=config.level_schedule == "prioritized",
    )
