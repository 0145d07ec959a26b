"""Numbers of levels in the native game by their names: the 58, generated ones, and barriers."""

import ctypes
from functools import cache

import numpy as np

from windup.barriers import barriers
from windup.game import EPISODE_STEPS
from windup.generated import SEARCH_FRAMES, SEARCH_SEED, is_generated, level_of_name
from windup.level_data import compile_level
from windup.leveling.level_file import ZONES, LevelFile
from windup.native.library import add_barrier, add_level, library
from windup.native.pads import PADS

_CONSOLE = [f"{zone}.Act{act}" for zone, acts in ZONES.items() for act in range(1, acts + 1)]
_NO_MEMORY = -2
"""Constant of windup/tools/search.c."""


@cache
def level_number(name: str) -> int:
    """Returns a level's number. A generated level is made and searched at its first call, which takes some 20 ms.

    Raises:
        GeneratedError: the name looks like a generated level's, but none has it.
        ValueError: there is no such level.
        MemoryError: there is not enough for the search.
        NativeUnavailable: the native game was not built.
    """
    if is_generated(name):
        return add_level(compile_level(level_of_name(name, _finishes)))
    if name in barriers():
        barrier = barriers()[name]
        return add_barrier(level_number(barrier.level), PADS[list(barrier.actions)].tobytes(), barrier.pass_x)
    if name not in _CONSOLE:
        raise ValueError(
            f"level: {name!r}; one of the 58, such as {_CONSOLE[0]}, a generated one or a barrier is allowed"
        )
    return _CONSOLE.index(name)


def search_way(name: str, number: int) -> list[int] | None:
    """Searches a way to a level's goal, with SEARCH_SEED and SEARCH_FRAMES.

    Args:
        name: of the level, for the error.
        number: of the level in the native game.

    Returns:
        An action for each step; None if it finds no way.

    Raises:
        MemoryError: there is not enough for the search.
    """
    way = np.empty(EPISODE_STEPS, np.uint8)
    steps = library().windup_search(
        ctypes.c_int32(number),
        ctypes.c_uint64(SEARCH_SEED),
        ctypes.c_int64(SEARCH_FRAMES),
        ctypes.c_int32(0),
        ctypes.c_void_p(way.ctypes.data),
        ctypes.byref(ctypes.c_int64()),
    )
    if steps == _NO_MEMORY:
        raise MemoryError(f"{name}: no memory for the search of a way to its goal")
    return [int(action) for action in way[:steps]] if steps >= 0 else None


def _finishes(level: LevelFile) -> bool:
    return search_way(level.name, add_level(compile_level(level))) is not None
