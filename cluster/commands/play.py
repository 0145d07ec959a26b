"""The command `sonic-worlds play`."""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from actors.emulation.emulator import Emulator, EmulatorError
from cluster.commands.showing import one_level, open_window, require_display, require_movie
from cluster.config.errors import UsageError
from cluster.host.stopper import stopped_as_by_ctrl_c
from cluster.viewing.movie import Movie
from cluster.viewing.pad import PAD, action_of

if TYPE_CHECKING:
    from cluster.viewing.game_window import GameWindow


@dataclass(frozen=True)
class PlayArguments:
    """Play a level yourself, in a window.

    Arrows move; Space, Z, X and C are the pad's buttons (B, A, B, C), and jump. R begins again, Esc ends.
    """

    level: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="LEVEL")]
    """Level to play: GAME/STATE, or its name alone where only one game has it."""
    record: Path | None = None
    """File for a movie of what is played, .mp4 or .gif."""


def play_command(arguments: PlayArguments) -> int:
    """Plays until Esc, Ctrl-C or the window's end; returns the exit code.

    Raises:
        UsageError: the arguments are wrong, or there is no display, or the extra `movies` is not installed.
    """
    level = one_level("LEVEL", arguments.level)
    if arguments.record:
        require_movie(arguments.record)
    require_display("play")
    try:
        emulator = Emulator(level.game, PAD, frame_skip=1)
        emulator.reset(level.state)
    except EmulatorError as error:
        raise UsageError(f"play: {error}") from error
    window = open_window("play", str(level), emulator.screen(), begin_again=lambda: emulator.reset(level.state))
    try:
        with (
            stopped_as_by_ctrl_c(),
            contextlib.suppress(KeyboardInterrupt),
            Movie(arguments.record) if arguments.record else contextlib.nullcontext() as movie,
        ):
            _play(emulator, window, movie)
    finally:
        window.close()
    if arguments.record:
        print(f"the movie is in {arguments.record}")
    return 0


def _play(emulator: Emulator, window: "GameWindow", movie: Movie | None) -> None:
    """Runs the game in the window. The game itself decides what follows a goal or a lost life."""
    while (held := window.held()) is not None:
        emulator.step(action_of(held), sticky=False)
        screen = emulator.screen()
        if movie:
            movie.add(screen)
        window.show(screen)
