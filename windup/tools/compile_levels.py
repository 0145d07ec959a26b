"""Writes level files as C, as src/level.h declares them."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from windup.level_data import LevelData, compile_level
from windup.leveling.level_file import LevelFile

_KINDS = (
    *("RING", "SPRING", "SPRING_STRONG", "SPRING_LEFT", "SPRING_RIGHT", "WALKER", "FLYER", "HOPPER"),
    *("PLATFORM_X", "PLATFORM_Y", "CRUSHER", "TUBE_RIGHT", "TUBE_UP", "SWITCH", "GOAL"),
)
"""`enum kind` of src/game.h."""


def write_levels(levels: Sequence[LevelFile], file: Path) -> None:
    """Writes the C source.

    Raises:
        ValueError: a level has too many objects or breakable walls.
    """
    chunks: dict[bytes, int] = {}
    compiled = [compile_level(level) for level in levels]
    parts = [_arrays(number, data, chunks) for number, data in enumerate(compiled)]
    lines = [
        '#include "game.h"',
        '#include "level.h"',
        f"const uint8_t level_count = {len(levels)};",
        f"const uint8_t chunks[{len(chunks)}][64] = {{",
        *(f"{{{','.join(map(str, chunk))}}}," for chunk in chunks),
        "};",
        *parts,
        f"const struct level levels[{len(levels)}] = {{",
        *(_level(number, data) for number, data in enumerate(compiled)),
        "};",
    ]
    file.write_text("\n".join(lines) + "\n")


def _arrays(number: int, data: LevelData, chunks: dict[bytes, int]) -> str:
    """Returns the level's own arrays as C, and adds its new chunks to those of all levels."""
    numbers = np.array([chunks.setdefault(chunk.tobytes(), len(chunks)) for chunk in data.chunks])
    spawns = (f"{{{x},{y},KIND_{_KINDS[kind]},{param}}}" for x, y, kind, param in data.spawns)
    return "\n".join(
        [
            _array("uint16_t", f"map_{number}", map(str, numbers[data.map])),
            _array("struct spawn", f"spawns_{number}", spawns),
            _array("struct wall", f"walls_{number}", map(_braces, data.walls)),
        ]
    )


def _level(number: int, data: LevelData) -> str:
    *sizes, zone, act = data.header
    values = (*sizes, len(data.spawns), len(data.walls), zone, act)
    return f"{{map_{number},spawns_{number},walls_{number},{','.join(map(str, values))}}},"


def _braces(values: npt.NDArray[np.int16]) -> str:
    return f"{{{','.join(map(str, values))}}}"


def _array(kind: str, name: str, items: Iterable[str]) -> str:
    listed = list(items)
    return f"static const {kind} {name}[{max(1, len(listed))}] = {{{','.join(listed) or '{0}'}}};"
