"""Makes emulators and pools of the configured kind."""

from collections.abc import Callable, Sequence

from actors.emulation.emulator import Emulator
from actors.emulation.emulator_pool import EmulatorPool
from actors.emulation.native_emulator import NativeEmulator
from actors.emulation.native_pool import NativePool
from actors.emulation.pool import Pool
from actors.emulation.settings import EmulatorSettings
from actors.games.games import actions_of
from actors.games.levels import Level


def make_pool(
    games: Sequence[str],
    next_level: Callable[[int], Level],
    settings: EmulatorSettings,
    seed: int | Sequence[int],
    size: int = 64,
    threads: int = 1,
) -> Pool:
    """Makes the pool that the settings name. Arguments and errors: see `EmulatorPool` and `NativePool`."""
    if settings.kind == "native":
        return NativePool(games, next_level, settings, seed, size, threads)
    return EmulatorPool(games, next_level, settings, seed, size)


def make_emulator(game: str, native: bool) -> Emulator | NativeEmulator:
    """Makes an emulator in this process, with the game's own actions.

    Raises:
        EmulatorError: the game has no ROM, or the native game was not built.
    """
    return NativeEmulator() if native else Emulator(game, actions_of(game))
