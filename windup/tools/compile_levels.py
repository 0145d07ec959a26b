"""Level files as C: what src/level.h declares."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from windup.leveling.level_file import GATES, GOAL, START, SWITCHES, TERRAIN, ZONES, LevelFile

CHUNK = 8
"""Blocks along a chunk's side. Equal chunks are stored once."""
MAX_OBJECTS, MAX_WALLS, MAP_STRIDE, OPEN_SIDES, UNDER_SLOPE = 256, 32, 128, 32, 48
"""As in src/game.h and src/level.h."""
DEEP = 3
"""Ground with nothing else this many blocks around looks deep."""
SLOPES_ABOVE = "/\\14"
"""Slopes that end at the top of the block below them: an edge drawn along the slope goes on there."""

_STAND_HEIGHT = 19
_KINDS = {
    "o": "KIND_RING",
    "s": "KIND_SPRING",
    "S": "KIND_SPRING_STRONG",
    "l": "KIND_SPRING_LEFT",
    "r": "KIND_SPRING_RIGHT",
    "w": "KIND_WALKER",
    "f": "KIND_FLYER",
    "h": "KIND_HOPPER",
    "m": "KIND_PLATFORM_X",
    "v": "KIND_PLATFORM_Y",
    "x": "KIND_CRUSHER",
    "t": "KIND_TUBE_RIGHT",
    "T": "KIND_TUBE_UP",
    GOAL: "KIND_GOAL",
} | dict.fromkeys(SWITCHES, "KIND_SWITCH")

Wall = tuple[int, int, int, int]


def write_levels(levels: Sequence[LevelFile], file: Path) -> None:
    """Writes the C source.

    Raises:
        ValueError: a level has too many objects or breakable walls.
    """
    chunks: dict[bytes, int] = {bytes(CHUNK * CHUNK): 0}
    parts = []
    for number, level in enumerate(levels):
        parts.append(_arrays(number, level, chunks))
    lines = [
        '#include "game.h"',
        '#include "level.h"',
        f"const uint8_t level_count = {len(levels)};",
        f"const uint8_t chunks[{len(chunks)}][64] = {{",
        *(f"{{{','.join(map(str, chunk))}}}," for chunk in chunks),
        "};",
        *parts,
        f"const struct level levels[{len(levels)}] = {{",
        *(_level(number, level) for number, level in enumerate(levels)),
        "};",
    ]
    file.write_text("\n".join(lines) + "\n")


def blocks(level: LevelFile) -> list[list[int]]:
    """Block numbers as stored, row by row; where an object is there is air. Solid ones tell on which sides they end."""

    opened = np.array([[TERRAIN.find(c) <= 0 or c in "-" + GATES for c in row] for row in level.rows])
    around = np.pad(opened, DEEP)

    def moved(dx: int, dy: int) -> npt.NDArray[np.bool_]:
        return around[DEEP + dy : DEEP + dy + level.height, DEEP + dx : DEEP + dx + level.width]

    up, right, down, left = (moved(*side).astype(int) for side in ((0, -1), (1, 0), (0, 1), (-1, 0)))
    sides = up + 2 * right + 4 * down + 8 * left
    reach = range(-DEEP, DEEP + 1)
    deep = ~np.logical_or.reduce([moved(dx, dy) for dx in reach for dy in reach])

    def stored(x: int, y: int) -> int:
        number = max(0, TERRAIN.find(level.rows[y][x]))
        if TERRAIN[number] != "#":
            return number
        if deep[y, x]:
            return UNDER_SLOPE + len(SLOPES_ABOVE)
        slope = SLOPES_ABOVE.find(level.rows[y - 1][x]) if y and not sides[y, x] else -1
        return UNDER_SLOPE + slope if slope >= 0 else OPEN_SIDES + int(sides[y, x])

    return [[stored(x, y) for x in range(level.width)] for y in range(level.height)]


def walls(level: LevelFile) -> list[Wall]:
    """The breakable walls: (x0, y0, x1, y1) of each connected group of blocks, both ends included."""
    left = {(x, y) for x, y, _ in level.find("%")}
    found = []
    while left:
        todo, group = [min(left)], set()
        while todo:
            x, y = todo.pop()
            if (x, y) in left:
                left.discard((x, y))
                group.add((x, y))
                todo += [(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)]
        xs, ys = [x for x, _ in group], [y for _, y in group]
        found.append((min(xs), min(ys), max(xs), max(ys)))
    return found


def start(level: LevelFile) -> tuple[int, int]:
    """The player's centre at the start, px: standing on the block below the letter."""
    x, y, _ = level.find(START)[0]
    return x * 16 + 8, (y + 1) * 16 - _STAND_HEIGHT - 1


def goal_x(level: LevelFile) -> int:
    """px."""
    return level.find(GOAL)[0][0] * 16 + 8


def _arrays(number: int, level: LevelFile, chunks: dict[bytes, int]) -> str:
    grid = blocks(level)
    numbers = []
    for cy in range(-(-level.height // CHUNK)):
        for cx in range(MAP_STRIDE):
            cells = (
                grid[y][x] if y < level.height and x < level.width else 0
                for y in range(cy * CHUNK, cy * CHUNK + CHUNK)
                for x in range(cx * CHUNK, cx * CHUNK + CHUNK)
            )
            numbers.append(chunks.setdefault(bytes(cells), len(chunks)))
    spawns = [_spawn(level, *place) for place in level.find("".join(_KINDS))]
    broken = walls(level)
    for what, there, most in (("objects", len(spawns), MAX_OBJECTS), ("breakable walls", len(broken), MAX_WALLS)):
        if there > most:
            raise ValueError(f"{level.name} has {there} {what}; {most} are allowed")
    return "\n".join(
        [
            _array("uint16_t", f"map_{number}", map(str, numbers)),
            _array("struct spawn", f"spawns_{number}", spawns),
            _array("struct wall", f"walls_{number}", (f"{{{x0},{y0},{x1},{y1}}}" for x0, y0, x1, y1 in broken)),
        ]
    )


def _spawn(level: LevelFile, x: int, y: int, character: str) -> str:
    down, param = 8, 0
    if character in SWITCHES:
        param = SWITCHES.index(character)
    elif character == "x":
        down, param = 16, _drop(level, x, y)
    return f"{{{x * 16 + 8},{y * 16 + down},{_KINDS[character]},{param}}}"


def _drop(level: LevelFile, x: int, y: int) -> int:
    """Blocks that a crusher, which hangs in rows y and y + 1, can fall before the ground stops it."""
    drop = 0
    while y + 2 + drop < level.height and level.rows[y + 2 + drop][x] not in "#^%><" + GATES:
        drop += 1
    return drop


def _level(number: int, level: LevelFile) -> str:
    x, y = start(level)
    zone = list(ZONES).index(level.zone)
    spawns, broken = len(level.find("".join(_KINDS))), len(walls(level))
    return (
        f"{{map_{number},spawns_{number},walls_{number},{level.width},{level.height},"
        f"{x},{y},{goal_x(level)},{spawns},{broken},{zone},{level.act - 1}}},"
    )


def _array(kind: str, name: str, items: Iterable[str]) -> str:
    listed = list(items)
    return f"static const {kind} {name}[{max(1, len(listed))}] = {{{','.join(listed) or '{0}'}}};"
