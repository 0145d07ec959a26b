"""Runs whose one emulator belongs to a gym-remote server: their configuration, levels, state and end."""

from pathlib import Path
from typing import Any

from actors.games.levels import Level, select_levels
from actors.gym_remote.errors import GymRemoteError
from actors.portable.contest import EPISODE_STEPS
from cluster.config.config import TrainConfig
from learners.pixel_ppo import horizon


def attached_config(config: TrainConfig, server: Path, out: Path, done: int, steps: int, seed: int) -> TrainConfig:
    """Returns the configuration of a run in one process that goes on from another run's checkpoint.

    Args:
        config: of the other run.
        server: directory of the server.
        out: folder of the new run.
        done: number of steps in the checkpoint.
        steps: number of further steps; if they are few, batches are small.
        seed: of all random numbers.
    """
    batch = min(config.policy.train_batch_steps, horizon(steps))
    update: dict[str, Any] = {
        "steps": done + steps,
        "name": out.name,
        "runs_dir": out.parent,
        "level_schedule": "uniform",
        "actors": 1,
        "emulators_per_actor": 1,
        "seed": seed,
        "redis_url": None,
        "address": None,
        "serial": True,
        "report": False,
        "metrics_port": 0,
        # The server ends episodes, by the contest's rules.
        "emulator": config.emulator.model_copy(
            update={
                "kind": "attached",
                "server": server,
                "host_command": None,
                "exact": False,
                "max_episode_steps": EPISODE_STEPS,
                "max_episode_seconds": None,
                "stuck_steps": None,
            }
        ),
        "policy": config.policy.model_copy(
            update={"train_batch_steps": batch, "minibatch_size": min(config.policy.minibatch_size, batch)}
        ),
        "checkpoint": config.checkpoint.model_copy(update={"every_seconds": 600.0, "keep": 1}),
    }
    return config.model_copy(update=update)


def levels_of(config: TrainConfig) -> list[Level]:
    """Returns the levels of a run; the one level of a server has no known name."""
    levels = select_levels(config.levels)
    return [Level(levels[0].game, "remote")] if config.emulator.kind == "attached" else levels


def attached_state(parts: dict[str, Any], seed: int) -> dict[str, Any]:
    """Returns the parts' state without that of the actors, which had other levels and random numbers."""
    # Here, because torch takes seconds to load.
    import torch

    return parts | {"actors": {}, "torch_random": torch.Generator().manual_seed(seed).get_state().numpy()}


def end_of_server(error: RuntimeError) -> GymRemoteError:
    """Returns the error by which the server ended, which RLlib wraps into another one.

    Raises:
        RuntimeError: the error has another cause.
    """
    if not isinstance(error.__cause__, GymRemoteError):
        raise error
    return error.__cause__
