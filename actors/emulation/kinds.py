"""Emulators of the kind that is asked for."""

from collections.abc import Callable, Sequence

from actors.emulation.emulator import Emulator
from actors.emulation.emulator_pool import EmulatorPool
from actors.emulation.native_emulator import NativeEmulator
from actors.emulation.native_pool import NativePool
from actors.emulation.pool import EmulatorSettings, Pool
from actors.games.games import actions_of
from actors.games.levels import Level


def make_pool(
    games: Sequence[str],
    next_level: Callable[[int], Level],
    settings: EmulatorSettings,
    seed: int | Sequence[int],
) -> Pool:
    """Local or gym-remote emulators, or native games. Arguments and errors are those of EmulatorPool and NativePool."""
    kind = NativePool if settings.native else EmulatorPool
    return kind(games, next_level, settings, seed)


def make_emulator(game: str, native: bool) -> Emulator | NativeEmulator:
    """One in this process, of a game's own actions.

    Raises:
        EmulatorError: the game has no ROM, or the native game was not built.
    """
    return NativeEmulator() if native else Emulator(game, actions_of(game))
