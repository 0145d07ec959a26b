"""The compiled game, which is built when the package is installed, where there is a C compiler."""

import ctypes
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from windup.level_data import LevelData

SOURCES = Path(__file__).parent
_NAME = "windup.native._core"


class NativeUnavailable(RuntimeError):
    """The native game was not built when the package was installed."""


@cache
def library() -> ctypes.CDLL:
    """Returns the library, whose calls release the interpreter's lock.

    Raises:
        NativeUnavailable: the native game was not built.
    """
    spec = find_spec(_NAME)
    if spec is None or spec.origin is None:
        raise NativeUnavailable(
            "the native game was not built: at installation there was no C compiler, or no Python headers;"
            " install gcc and the headers (Debian: gcc, python3-dev), then install this package again"
            " (in a checkout: rm .venv/.installed && make native)"
        )
    return declare(ctypes.CDLL(spec.origin))


def declare(core: ctypes.CDLL) -> ctypes.CDLL:
    """Declares the types of a loaded library's functions, as in games.c, levels.h and barriers.h."""
    handle, number, pointer = ctypes.c_void_p, ctypes.c_int32, ctypes.c_void_p
    signatures: dict[str, tuple[object, list[object]]] = {
        "windup_games_new": (handle, [number, number, number, number, pointer]),
        "windup_games_free": (None, [handle]),
        "windup_games_bytes": (number, []),
        "windup_games_reset": (None, [handle, pointer, pointer, number]),
        "windup_games_step": (None, [handle, *[pointer] * 9]),
        "windup_games_faulty": (number, [handle]),
        "windup_games_fault": (ctypes.c_char_p, [handle, number]),
        "windup_games_screen": (None, [handle, number, pointer]),
        "windup_games_variables": (None, [handle, number, pointer]),
        "windup_games_level": (number, [handle, number]),
        "windup_games_eyes": (None, [handle, pointer]),
        "windup_games_save": (None, [handle, number, pointer]),
        "windup_games_load": (number, [handle, number, ctypes.c_char_p, ctypes.c_int64]),
        "windup_saved_size": (number, []),
        "windup_level_known": (number, [number]),
        "windup_barrier_add": (number, [number, ctypes.c_char_p, number, ctypes.c_int16]),
        "windup_level_add": (
            number,
            [pointer, number, pointer, number, pointer, number, pointer, number, pointer],
        ),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(core, name)
        function.restype, function.argtypes = result, arguments
    return core


def add_level(level: LevelData) -> int:
    """Adds a level to those of this process; returns its number, or that of an equal level.

    Raises:
        NativeUnavailable: the native game was not built.
        ValueError: the arrays violate a bound that the game relies on.
    """
    # Converted to the types that C expects, for it reads the arrays' memory as it is.
    chunk_map = np.ascontiguousarray(level.map, np.uint16)
    chunks = np.ascontiguousarray(level.chunks, np.uint8)
    spawns, walls, header = (np.ascontiguousarray(a, np.int16) for a in (level.spawns, level.walls, level.header))
    if header.shape != (7,) or chunks.shape[1:] != (64,) or spawns.shape[1:] != (4,) or walls.shape[1:] != (4,):
        raise ValueError("a level's arrays: header [7], chunks [C, 64], spawns [N, 4] and walls [N, 4] are allowed")
    number = library().windup_level_add(
        chunk_map.ctypes.data,
        chunk_map.size,
        chunks.ctypes.data,
        len(chunks),
        spawns.ctypes.data,
        len(spawns),
        walls.ctypes.data,
        len(walls),
        header.ctypes.data,
    )
    if number < 0:
        raise ValueError("a level's arrays: a size, chunk number, block, object or wall is out of its bounds")
    return int(number)


def add_barrier(number: int, pads: bytes, pass_x: int) -> int:
    """Adds a level that begins where a play of another level ends; returns its number, or that of an equal level.

    Args:
        number: of the other level.
        pads: buttons held in each step of 4 frames, from that level's start on.
        pass_x: the new level is won at this x, in px.

    Raises:
        NativeUnavailable: the native game was not built.
        ValueError: there is no such level, or the play ends the episode or is beyond the x.
    """
    added = library().windup_barrier_add(number, pads, len(pads), pass_x)
    if added < 0:
        raise ValueError(f"a barrier of level {number}: after {len(pads)} steps no play goes on left of {pass_x} px")
    return int(added)
