"""Searches ways to the goals of levels, in 4-frame steps of the ten actions, without sticky actions."""

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from windup.game import EPISODE_STEPS
from windup.leveling.level_file import LevelFile
from windup.tools.native import NativeGame

BACK_PX = 64
"""Largest distance in px behind its deepest x for play that never turns back."""
_SOURCE = Path(__file__).with_name("search.c")
_NO_MEMORY = -2
"""Constant of search.c."""


@dataclass(frozen=True)
class SearchResult:
    """The result of a search.

    Attributes:
        actions: one for each step; None if no way was found.
        frames: number of frames that the search played.
    """

    actions: list[int] | None
    frames: int


class Searcher:
    """Searches some levels, each in a library of its own."""

    def __init__(self, levels: Sequence[LevelFile]) -> None:
        self.game = NativeGame(levels, [_SOURCE])
        self._numbers = {level.name: number for number, level in enumerate(levels)}

    def search(self, level: str, seed: int, frames: int, turns_back: bool = True) -> SearchResult:
        """Searches a way from a level's start to its goal.

        Args:
            frames: most frames to play.
            turns_back: whether x may fall more than BACK_PX behind the deepest x so far.

        Raises:
            MemoryError: there is not enough for the states that the search keeps.
        """
        search = self.game.library.search_level
        return _searched(search, ctypes.c_int32(self._numbers[level]), seed, frames, turns_back)

    def search_on(self, pass_x: int, seed: int, frames: int, turns_back: bool = True) -> SearchResult:
        """Searches a way from the present state to an x of `pass_x` or more. The state afterwards is undefined."""
        return _searched(self.game.library.search_on, ctypes.c_int16(pass_x), seed, frames, turns_back)


def _searched(search: Callable[..., int], first: object, seed: int, frames: int, turns_back: bool) -> SearchResult:
    """Calls a search of the library.

    Args:
        search: function of search.c.
        first: its first argument.
    """
    out = np.zeros(EPISODE_STEPS + 1, np.uint8)
    played = ctypes.c_int64()
    steps = search(
        first,
        ctypes.c_uint64(seed),
        ctypes.c_int64(frames),
        ctypes.c_int32(0 if turns_back else BACK_PX),
        out.ctypes.data_as(ctypes.c_void_p),
        ctypes.byref(played),
    )
    if steps == _NO_MEMORY:
        raise MemoryError("search: no memory for its states")
    return SearchResult(None if steps < 0 else out[:steps].tolist(), played.value)
