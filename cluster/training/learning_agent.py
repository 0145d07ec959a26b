"""A trained agent that goes on learning, world model and curiosity included, on a gym-remote server's environment."""

import logging
import shutil
import time
from pathlib import Path

from actors.emulation.emulator import EmulatorError
from actors.gym_remote.errors import GymRemoteError
from actors.gym_remote.server import SOCKET
from actors.portable.file_lock import unguarded
from cluster.config.errors import UsageError
from cluster.metrics.live_view import View
from cluster.run.agent import TrainedRun, load_mind
from cluster.run.folder import RunFolder
from cluster.training.attached import attached_config
from cluster.training.open_run import OpenedRun

_LOOK_SECONDS = 0.05


def learn_on(server: Path, run: TrainedRun, out: Path | None, steps: int, seed: int, seconds: float) -> int:
    """Learns in a new run until the server ends it; returns the exit code.

    Args:
        server: directory of the server.
        run: run with whose checkpoint the agent begins.
        out: folder of the new run; None: beside the old one.
        steps: number of steps that the server allows.
        seed: of all random numbers.
        seconds: longest time to wait for the server.

    Raises:
        UsageError: there is no server, or it serves no console, or the folder is taken, or the checkpoint holds no
            agent.
        GymRemoteError: the server has gone before a limit was reached.
    """
    if run.config.algorithm == "appo":
        raise UsageError("--learn: the run was trained with appo, which does not learn in one process")
    # Before the folder is made: the checkpoint may hold no agent.
    load_mind(run)
    old = run.checkpoint.path.absolute().parents[1]
    out = out or old.with_name(f"{old.name}-learned-{time.strftime('%Y%m%d-%H%M%S')}")
    config = attached_config(
        run.config, server.absolute(), out.absolute(), run.checkpoint.summary["steps_total"], steps, seed
    )
    _wait_for(server, seconds)
    # RLlib logs what ends its environment with a traceback, but this is how a contest ends.
    logging.getLogger("ray.rllib").setLevel(logging.CRITICAL)
    folder = RunFolder.create(config)
    try:
        with View(title="sonic-worlds agent") as view:
            if folder.unlocked:
                view.say(unguarded(folder.path, folder.unlocked))
            view.start(config.steps, run.checkpoint.summary["steps_total"], folder.name)
            from cluster.training.trainer import train

            return train(OpenedRun(folder, config, run.checkpoint), view)
    except (EmulatorError, GymRemoteError) as error:
        if not any(folder.checkpoints.folder.iterdir()):
            # Training had not begun.
            shutil.rmtree(folder.path)
        if isinstance(error, EmulatorError):
            raise UsageError(f"--dir {server}: {error}") from error
        raise
    finally:
        folder.close()


def _wait_for(server: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not (server / SOCKET).exists():
        if time.monotonic() > deadline:
            raise UsageError(f"--dir {server}: no server is there")
        time.sleep(_LOOK_SECONDS)
