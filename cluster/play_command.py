"""`sonic-worlds play`."""

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import tyro

from actors.emulator import Emulator, EmulatorError
from actors.levels import Level, LevelError, require_roms, select_levels
from cluster.errors import UsageError
from cluster.movie import SUFFIXES, Movie
from cluster.output_file import require_writable
from cluster.pad import PAD, action_of

if TYPE_CHECKING:
    from cluster.play_window import PlayWindow


@dataclass(frozen=True)
class PlayArguments:
    """Play a level yourself, in a window.

    Arrows move; Space, Z, X and C are the pad's buttons (B, A, B, C), and jump. R begins again, Esc ends.
    """

    level: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="LEVEL")]
    """The level: GAME/STATE, or its name alone where only one game has it."""
    record: Path | None = None
    """File for a movie of it, .mp4 or .gif."""


def play_command(arguments: PlayArguments) -> int:
    """Plays until Esc, Ctrl-C or the window's end; the exit code.

    Raises:
        UsageError: something is wrong with the arguments, or there is no display.
    """
    level = _level(arguments.level)
    if arguments.record:
        if arguments.record.suffix not in SUFFIXES:
            raise UsageError(f"--record {arguments.record}: its name must end in {' or '.join(SUFFIXES)}")
        require_writable("--record", arguments.record)
    if not os.environ.get("DISPLAY"):
        raise UsageError("play: there is no display to open a window on: DISPLAY is not set")
    try:
        emulator = Emulator(level.game, PAD, frame_skip=1)
        emulator.reset(level.state)
    except EmulatorError as error:
        raise UsageError(f"play: {error}") from error
    window = _open(str(level), emulator.screen(), lambda: emulator.reset(level.state))
    try:
        with Movie(arguments.record) if arguments.record else contextlib.nullcontext() as movie:
            _play(emulator, window, movie)
    except KeyboardInterrupt:
        pass
    finally:
        window.close()
    if arguments.record:
        print(f"the movie is in {arguments.record}")
    return 0


def _play(emulator: Emulator, window: "PlayWindow", movie: Movie | None) -> None:
    """The game alone decides what comes after a goal or a lost life."""
    while (held := window.held()) is not None:
        emulator.step(action_of(held), sticky=False)
        screen = emulator.screen()
        if movie:
            movie.add(screen)
        window.show(screen)


def _open(caption: str, screen: np.ndarray, begin_again: Callable[[], None]) -> "PlayWindow":
    try:
        from cluster.play_window import PlayWindow

        return PlayWindow(caption, screen, begin_again)
    # pyglet's errors have no class in common: no display, no OpenGL, no library.
    except Exception as error:
        raise UsageError(f"play: no window opens on display {os.environ['DISPLAY']}: {error}") from error


def _level(name: str) -> Level:
    try:
        levels = select_levels(name)
        require_roms(levels)
    except LevelError as error:
        raise UsageError(f"LEVEL {name}: {error}") from error
    if len(levels) > 1:
        raise UsageError(f"LEVEL {name}: these are {len(levels)} levels; name one, such as {levels[0]}")
    return levels[0]
