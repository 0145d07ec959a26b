"""A run whose one emulator is a gym-remote server's: what is different from one with emulators of its own."""

from pathlib import Path
from typing import Any

from actors.games.levels import Level, select_levels
from actors.gym_remote.errors import GymRemoteError
from actors.portable.contest import EPISODE_STEPS
from cluster.config.config import TrainConfig
from learners.pixel_ppo import horizon


def attached_config(config: TrainConfig, server: Path, out: Path, done: int, steps: int, seed: int) -> TrainConfig:
    """The configuration of a run that goes on from a checkpoint of another's, in one process.

    Args:
        config: the other run's.
        server: directory of the server.
        out: the new run's folder.
        done: steps in the checkpoint.
        steps: to come; few of them make for small batches.
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
    """The levels that a run plays; a server does not tell the name of its one."""
    levels = select_levels(config.levels)
    return [Level(levels[0].game, "remote")] if config.emulator.kind == "attached" else levels


def attached_state(parts: dict[str, Any], seed: int) -> dict[str, Any]:
    """The state of the parts without that of the actors, whose levels and random numbers were others."""
    # Here, because torch takes seconds to load.
    import torch

    return parts | {"actors": {}, "torch_random": torch.Generator().manual_seed(seed).get_state().numpy()}


def end_of_server(error: RuntimeError) -> GymRemoteError:
    """What the server ended with, which RLlib hands on as the cause of another error.

    Raises:
        RuntimeError: the error, if it is about something else.
    """
    if not isinstance(error.__cause__, GymRemoteError):
        raise error
    return error.__cause__
