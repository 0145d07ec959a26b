"""Converts level files to the arrays of the game's C code, which src/level.h declares."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from windup.leveling.level_file import GATES, GOAL, OBJECTS, START, SWITCHES, TERRAIN, ZONES, LevelFile

CHUNK = 8
"""Side of a chunk, in blocks. Equal chunks are stored once."""
MAX_OBJECTS, MAX_WALLS, MAP_STRIDE, OPEN_SIDES, UNDER_SLOPE = 256, 32, 128, 32, 48
"""Constants of src/game.h and src/level.h."""
DEEP = 3
"""Ground looks deep if there is nothing but ground within this distance, in blocks."""
SLOPES_ABOVE = "/\\14"
"""Slopes that end at the top of the block below them: an edge drawn along the slope goes on there."""

_STAND_HEIGHT = 19
_BLOCK = 16
_BREAKABLE, _CRUSHER = ord("%"), ord("x")
_KINDS = {c: i for i, c in enumerate(OBJECTS)} | dict.fromkeys(SWITCHES, len(OBJECTS)) | {GOAL: len(OBJECTS) + 1}
"""`enum kind` in src/game.h."""


def _table(values: dict[str, int], other: int) -> npt.NDArray[np.int16]:
    """Returns a table with a value for each given character's code, and another value for all other codes."""
    table = np.full(128, other, np.int16)
    table[[ord(character) for character in values]] = list(values.values())
    return table


_NUMBERS = _table({character: number for number, character in enumerate(TERRAIN)}, 0)
_OPEN = _table({character: 0 for character in TERRAIN if character not in ".-" + GATES}, 1).astype(np.bool_)
_SLOPES = _table({character: number for number, character in enumerate(SLOPES_ABOVE)}, -1)
_KIND_NUMBERS = _table(_KINDS, -1)
_PARAMS = _table({character: number for number, character in enumerate(SWITCHES)}, 0)
_GROUND = _table(dict.fromkeys("#^%><" + GATES, 1), 0)


@dataclass(frozen=True, eq=False)
class LevelData:
    """
    A level's arrays, all in C order.

    Attributes:
        map: uint16 [ceil(height / 8) * MAP_STRIDE], chunk numbers, row by row.
        chunks: uint8 [C, 64], the blocks of each chunk as they are stored, row by row; chunk 0 is air.
        spawns: int16 [N, 4], the objects by x and then y: x and y in px, kind, parameter.
        walls: int16 [N, 4], the breakable walls: x0, y0, x1, y1 in blocks, both ends included.
        header: int16 [7]: width and height in blocks, start x and y and goal x in px, zone and act from 0.
    """

    map: npt.NDArray[np.uint16]
    chunks: npt.NDArray[np.uint8]
    spawns: npt.NDArray[np.int16]
    walls: npt.NDArray[np.int16]
    header: npt.NDArray[np.int16]


def compile_level(level: LevelFile) -> LevelData:
    """Converts a level.

    Raises:
        ValueError: the level has too many objects or breakable walls.
    """
    cells = _cells(level)
    spawns, walls = _spawns(cells), _walls(cells)
    for what, there, most in (("objects", len(spawns), MAX_OBJECTS), ("breakable walls", len(walls), MAX_WALLS)):
        if there > most:
            raise ValueError(f"{level.name} has {there} {what}; {most} are allowed")
    chunk_map, chunks = _chunks(_blocks(cells))
    (start_x, start_y), (goal_x, _) = _place(cells, START), _place(cells, GOAL)
    header = (
        level.width,
        level.height,
        start_x * _BLOCK + 8,
        # Standing on the block below the letter.
        (start_y + 1) * _BLOCK - _STAND_HEIGHT - 1,
        goal_x * _BLOCK + 8,
        list(ZONES).index(level.zone),
        level.act - 1,
    )
    return LevelData(chunk_map, chunks, spawns, walls, np.array(header, np.int16))


def blocks(level: LevelFile) -> npt.NDArray[np.uint8]:
    """Returns block numbers as stored, [height, width], with air in place of objects, and edges for solid blocks."""
    return _blocks(_cells(level))


def _cells(level: LevelFile) -> npt.NDArray[np.uint8]:
    """Returns character codes, [height, width]."""
    return np.frombuffer("".join(level.rows).encode("ascii"), np.uint8).reshape(level.height, level.width)


def _blocks(cells: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    height, width = cells.shape
    opened = _OPEN[cells]
    beside = np.pad(opened, 1).astype(np.int16)
    sides = beside[:-2, 1:-1] + 2 * beside[1:-1, 2:] + 4 * beside[2:, 1:-1] + 8 * beside[1:-1, :-2]
    around = np.pad(opened, DEEP)
    rows = np.logical_or.reduce([around[i : i + height] for i in range(2 * DEEP + 1)])
    deep = ~np.logical_or.reduce([rows[:, i : i + width] for i in range(2 * DEEP + 1)])
    slopes = np.full(cells.shape, -1, np.int16)
    slopes[1:] = _SLOPES[cells[:-1]]
    solid = np.where((slopes >= 0) & (sides == 0), UNDER_SLOPE + slopes, OPEN_SIDES + sides)
    solid = np.where(deep, UNDER_SLOPE + len(SLOPES_ABOVE), solid)
    return np.where(cells == ord("#"), solid, _NUMBERS[cells]).astype(np.uint8)


def _chunks(stored: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint8]]:
    """Returns the map, and the chunks: first air, then the others in the order of the map."""
    height, width = stored.shape
    down = -(-height // CHUNK)
    whole = np.zeros((down * CHUNK, MAP_STRIDE * CHUNK), np.uint8)
    whole[:height, :width] = stored
    squares = whole.reshape(down, CHUNK, MAP_STRIDE, CHUNK).swapaxes(1, 2).reshape(-1, CHUNK * CHUNK)
    numbers = {bytes(CHUNK * CHUNK): 0}
    chunk_map = [numbers.setdefault(square, len(numbers)) for square in map(bytes, squares)]
    chunks = np.frombuffer(b"".join(numbers), np.uint8).reshape(-1, CHUNK * CHUNK)
    return np.array(chunk_map, np.uint16), chunks


def _spawns(cells: npt.NDArray[np.uint8]) -> npt.NDArray[np.int16]:
    xs, ys = np.nonzero(_KIND_NUMBERS[cells.T] >= 0)
    kinds = cells[ys, xs]
    crushers = kinds == _CRUSHER
    params = _PARAMS[kinds]
    params[crushers] = [_drop(cells[y + 2 :, x]) for x, y in zip(xs[crushers], ys[crushers], strict=True)]
    down = np.where(crushers, 16, 8)
    return np.stack([xs * _BLOCK + 8, ys * _BLOCK + down, _KIND_NUMBERS[kinds], params], 1).astype(np.int16)


def _drop(below: npt.NDArray[np.uint8]) -> int:
    """Returns how many blocks a crusher falls to the ground, from the column of blocks two rows below it on down."""
    ground = _GROUND[below]
    return int(ground.argmax()) if ground.any() else len(below)


def _walls(cells: npt.NDArray[np.uint8]) -> npt.NDArray[np.int16]:
    """Returns each connected group of breakable blocks, int16 [N, 4]."""
    left = dict.fromkeys(zip(*(place.tolist() for place in np.nonzero(cells.T == _BREAKABLE)), strict=True))
    boxes = []
    while left:
        todo, group = [next(iter(left))], []
        while todo:
            x, y = todo.pop()
            if (x, y) in left:
                del left[x, y]
                group.append((x, y))
                todo += [(x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)]
        xs, ys = zip(*group, strict=True)
        boxes.append((min(xs), min(ys), max(xs), max(ys)))
    return np.array(boxes, np.int16).reshape(-1, 4)


def _place(cells: npt.NDArray[np.uint8], character: str) -> tuple[int, int]:
    """Returns column and row of the only block with this character."""
    y, x = divmod(int((cells == ord(character)).argmax()), cells.shape[1])
    return x, y
