"""The command `sonic-worlds watch`."""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro

from cluster.commands.showing import open_window, require_display, require_movie
from cluster.commands.shown_level import ShownBy, plays_native, shown_level
from cluster.config.bounds import require_between
from cluster.config.errors import UsageError
from cluster.host.stopper import stopped_as_by_ctrl_c
from cluster.run.agent import find_run, load_mind
from cluster.viewing.movie import Movie
from world_model.finite import NotFiniteError
from world_model.own_class import OwnClassError
from world_model.section import MOST_SEED, MOST_STEPS

STEPS_PER_SECOND = 15
"""Steps shown in a second: the console's speed, 60 frames."""
_MOVIE_STEPS = 900


@dataclass(frozen=True)
class WatchArguments:
    """Watch a trained agent play, with its world model's reconstructions and predictions, in a window or as a movie."""

    run: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")]
    """Folder of the run, whose newest checkpoint is taken, or of one of its checkpoints."""
    level: str | None = None
    """Level to play: GAME/STATE, or its name alone. None: the first that the run was trained on."""
    emulator: ShownBy | None = None
    """Emulator to play on: local, or native: Windup, compiled for this machine. None: as the run has it."""
    record: Path | None = None
    """File for a movie, .mp4 or .gif, instead of a window."""
    steps: int | None = None
    """Steps to play, 15 a second. None: in a window until it is closed; in a movie one episode, 900 at most."""
    seed: int = 0
    """Seed of the sticky actions and of the policy's draws."""


def watch_command(arguments: WatchArguments) -> int:
    """Plays until the end of the movie or the window, or a signal; returns the exit code.

    Raises:
        UsageError: the arguments are wrong, or there is no display, or the extra `movies` is not installed.
    """
    require_between("--steps", arguments.steps, 1, MOST_STEPS)
    require_between("--seed", arguments.seed, 0, MOST_SEED)
    if arguments.record:
        require_movie(arguments.record)
    elif not os.environ.get("DISPLAY"):
        raise UsageError("watch: there is no display to open a window on; with --record FILE.mp4 it makes a movie")
    run = find_run(arguments.run)
    native = plays_native(arguments.emulator, run)
    level = shown_level(run, arguments.level, native)
    print(f"{run.checkpoint.path} plays {level}; loading it", file=sys.stderr)
    # Here, so that bad input is answered before torch is loaded, which takes seconds.
    from actors.emulation.emulator import EmulatorError
    from actors.games.games import actions_of
    from cluster.viewing.insight import insights
    from cluster.viewing.watch_canvas import WatchCanvas

    mind = load_mind(run)
    canvas = WatchCanvas(level.state, actions_of(level.game))

    def pictures(one_episode: bool) -> Iterator[np.ndarray]:
        sticky = run.config.emulator.sticky_probability
        rng = np.random.default_rng(arguments.seed)
        for count, seen in enumerate(insights(mind, level, sticky, rng, native), 1):
            yield canvas.draw(seen)
            if count == (arguments.steps or (_MOVIE_STEPS if one_episode else None)):
                return
            if one_episode and seen.done and arguments.steps is None:
                return

    try:
        with stopped_as_by_ctrl_c(), suppress(KeyboardInterrupt):
            if arguments.record:
                _record(arguments.record, pictures(one_episode=True))
            else:
                _show(str(level), pictures(one_episode=False))
    except (EmulatorError, NotFiniteError, OwnClassError) as error:
        raise UsageError(f"watch: {error}") from error
    if arguments.record:
        print(f"the movie is in {arguments.record}")
    return 0


def _record(file: Path, pictures: Iterator[np.ndarray]) -> None:
    with Movie(file, STEPS_PER_SECOND, scale=1) as movie:
        for picture in pictures:
            movie.add(picture)


def _show(caption: str, pictures: Iterator[np.ndarray]) -> None:
    require_display("watch")
    window = open_window("watch", caption, next(pictures), rate=STEPS_PER_SECOND, scale=1)
    try:
        for picture in pictures:
            if window.held() is None:
                return
            window.show(picture)
    finally:
        window.close()
