"""Requirements of commands that show a game: one level, a display, a file for a movie."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from actors.emulation.native_levels import require_playable
from actors.games.levels import Level, LevelError, select_levels
from cluster.config.errors import UsageError
from cluster.config.extras import missing_extra
from cluster.config.output_file import require_writable
from cluster.viewing.movie import SUFFIXES

if TYPE_CHECKING:
    from cluster.viewing.game_window import GameWindow


def one_level(flag: str, name: str, native: bool = False) -> Level:
    """Returns the one level of a name.

    Args:
        flag: flag or argument with the name, for the message.
        native: whether the native game plays it, not an emulator.

    Raises:
        UsageError: the name is that of no level, or of several, or the level cannot be played.
    """
    try:
        levels = select_levels(name)
        require_playable(levels, native)
    except LevelError as error:
        raise UsageError(f"{flag} {name}: {error}") from error
    if len(levels) > 1:
        raise UsageError(f"{flag} {name}: these are {len(levels)} levels; name one, such as {levels[0]}")
    return levels[0]


def require_movie(file: Path) -> None:
    """Checks that a movie can be written.

    Raises:
        UsageError: the file cannot be written, or the extra `movies` is not installed.
    """
    if file.suffix.lower() not in SUFFIXES:
        raise UsageError(f"--record {file}: its name must end in {' or '.join(SUFFIXES)}")
    if file.suffix.lower() == ".mp4" and (missing := missing_extra("movies")):
        raise UsageError(f"--record {file}: {missing}, or record a .gif")
    require_writable("--record", file)


def require_display(command: str) -> None:
    """Checks that there is a display.

    Raises:
        UsageError: there is none.
    """
    if not os.environ.get("DISPLAY"):
        raise UsageError(f"{command}: there is no display to open a window on: DISPLAY is not set")


def open_window(command: str, caption: str, screen: np.ndarray, **options: Any) -> "GameWindow":
    """Opens a window.

    Args:
        command: for the message.
        caption, screen, options: of `GameWindow`.

    Raises:
        UsageError: no window can be opened.
    """
    try:
        from cluster.viewing.game_window import GameWindow

        return GameWindow(caption, screen, **options)
    # pyglet's errors have no class in common: no display, no OpenGL, no library.
    except Exception as error:
        raise UsageError(f"{command}: no window opens on display {os.environ['DISPLAY']}: {error}") from error
