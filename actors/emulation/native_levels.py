"""The native game's levels, and checks that it is built and has them."""

from collections.abc import Sequence

from actors.emulation.emulator import EmulatorError
from actors.games.levels import Level, LevelError, require_roms
from windup.game import GAME
from windup.native.level_numbers import level_number
from windup.native.library import NativeUnavailable, library


def native_number(level: Level) -> int:
    """Returns a level's number in the native game of this process. A generated level is made at the first call (20 ms).

    Raises:
        EmulatorError: there is no such level, or the native game was not built.
    """
    try:
        return level_number(level.state)
    except (ValueError, NativeUnavailable) as error:
        raise EmulatorError(f"{level}: {error}") from error


def require_playable(levels: Sequence[Level], native: bool) -> None:
    """Checks that the native game, or local emulators, can play all levels.

    Raises:
        LevelError: a level's game is not installed; the message says what to do.
    """
    if native:
        require_native(levels)
    else:
        require_roms(levels)


def require_native(levels: Sequence[Level]) -> None:
    """Checks that the native game can play all levels.

    Raises:
        LevelError: a level is of another game, or the native game was not built.
    """
    other = next((level.game for level in levels if level.game != GAME), None)
    if other:
        raise LevelError(f"--emulator native plays {GAME} alone, not {other}; take --emulator local or other levels")
    try:
        library()
    except NativeUnavailable as error:
        raise LevelError(f"--emulator native: {error}") from error
