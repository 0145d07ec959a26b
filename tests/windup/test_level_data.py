"""A level's arrays are its file's, and what the C source for the console says."""

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from windup.level_data import CHUNK, MAP_STRIDE, LevelData, blocks, compile_level
from windup.leveling.level_file import LevelFile, read_levels
from windup.tools.compile_levels import write_levels

KINDS = "osSlrwfhmvxtTa!"
"""A character of each kind, in the order of `enum kind` in src/game.h."""
TERRAIN = ".#/\\1234-^%><ABCD"
OPEN_SIDES, UNDER_SLOPE, DEEP_GROUND = 32, 48, 52


@pytest.fixture(scope="module")
def levels() -> list[LevelFile]:
    return read_levels()


def test_the_58_are_what_the_console_s_source_says(levels: list[LevelFile], tmp_path: Path) -> None:
    write_levels(levels, tmp_path / "levels.c")
    source = (tmp_path / "levels.c").read_text()
    chunks = np.array([_numbers(row) for row in re.findall(r"^\{([\d,]+)\},$", source, re.MULTILINE)])
    headers = re.findall(r"^\{map_\d+,spawns_\d+,walls_\d+,([\d,]+)\},$", source, re.MULTILINE)
    kinds = dict(zip(re.findall(r"KIND_\w+", _enum("kind")), range(len(KINDS)), strict=False))
    for number, level in enumerate(levels):
        data = compile_level(level)
        assert np.array_equal(data.chunks[data.map], chunks[_numbers(_body(source, f"map_{number}"))]), level.name
        spawns = re.sub(r"KIND_\w+", lambda kind: str(kinds[kind[0]]), _body(source, f"spawns_{number}"))
        assert data.spawns.ravel().tolist() == _numbers(spawns), level.name
        walls = _body(source, f"walls_{number}")
        assert data.walls.ravel().tolist() == ([] if walls == "{0}" else _numbers(walls)), level.name
        *sizes, zone, act = data.header.tolist()
        assert [*sizes, len(data.spawns), len(data.walls), zone, act] == _numbers(headers[number]), level.name


def test_arrays_are_as_c_wants_them(levels: list[LevelFile]) -> None:
    data = compile_level(levels[-1])
    kinds = {"map": np.uint16, "chunks": np.uint8, "spawns": np.int16, "walls": np.int16, "header": np.int16}
    for name, kind in kinds.items():
        array = getattr(data, name)
        assert array.dtype == kind, name
        assert array.flags.c_contiguous, name
    assert data.map.size == -(-levels[-1].height // CHUNK) * MAP_STRIDE
    assert not data.chunks[0].any()


@st.composite
def small_levels(draw: st.DrawFn) -> LevelFile:
    width, height = draw(st.integers(3, 20)), draw(st.integers(2, 18))
    few = draw(st.sampled_from(["#" * 12 + TERRAIN, TERRAIN + KINDS + "bcd", ".%", "#x.%"]))
    rows = [draw(st.text(few, min_size=width, max_size=width)) for _ in range(height)]
    rows[0] = "P" + rows[0][1:-1].replace("!", ".") + "!"
    rows[1:] = [row.replace("!", ".") for row in rows[1:]]
    return LevelFile("small", "Garden", 3, "train", "by hand", (), tuple(rows))


@given(small_levels())
def test_arrays_hold_what_the_file_does(level: LevelFile) -> None:
    expected = [[_stored(level, x, y) for x in range(level.width)] for y in range(level.height)]
    assert blocks(level).tolist() == expected
    groups = _groups({(x, y) for x, y, _ in level.find("%")})
    objects = [_spawn(level, *place) for place in level.find(KINDS + "bcd")]
    if len(groups) > 32 or len(objects) > 256:
        with pytest.raises(ValueError, match="are allowed"):
            compile_level(level)
        return
    data = compile_level(level)
    assert _unchunked(data, level.width, level.height).tolist() == expected
    assert data.spawns.tolist() == objects
    assert [tuple(wall) for wall in data.walls.tolist()] == groups
    goal = level.find("!")[0][0]
    assert data.header.tolist() == [level.width, level.height, 8, -4, goal * 16 + 8, 4, 2]


def _stored(level: LevelFile, x: int, y: int) -> int:
    """What src/level.h says of a block, by asking for each of its neighbours."""

    def ends(dx: int, dy: int) -> bool:
        inside = 0 <= x + dx < level.width and 0 <= y + dy < level.height
        return inside and level.rows[y + dy][x + dx] not in "#/\\1234^%><"

    # Beyond the level nothing ends.
    if level.rows[y][x] != "#":
        return max(0, TERRAIN.find(level.rows[y][x]))
    if not any(ends(dx, dy) for dx in range(-3, 4) for dy in range(-3, 4)):
        return DEEP_GROUND
    sides = ends(0, -1) + 2 * ends(1, 0) + 4 * ends(0, 1) + 8 * ends(-1, 0)
    if not sides and y and level.rows[y - 1][x] in "/\\14":
        return UNDER_SLOPE + "/\\14".index(level.rows[y - 1][x])
    return OPEN_SIDES + sides


def _spawn(level: LevelFile, x: int, y: int, character: str) -> list[int]:
    if character in "abcd":
        return [x * 16 + 8, y * 16 + 8, KINDS.index("a"), "abcd".index(character)]
    if character != "x":
        return [x * 16 + 8, y * 16 + 8, KINDS.index(character), 0]
    below = "".join(row[x] for row in level.rows[y + 2 :])
    return [x * 16 + 8, y * 16 + 16, KINDS.index("x"), len(re.match(r"[^#^%><ABCD]*", below)[0])]


def _groups(cells: set[tuple[int, int]]) -> list[tuple[int, int, int, int]]:
    """The extents of connected cells, by their leftmost, highest cell: labels spread until none changes."""
    labels = {cell: cell for cell in cells}
    changed = True
    while changed:
        changed = False
        for x, y in cells:
            least = min(labels.get(beside, labels[x, y]) for beside in ((x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)))
            if least < labels[x, y]:
                labels[x, y], changed = least, True
    groups: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for cell, label in labels.items():
        groups.setdefault(label, []).append(cell)
    return [
        (min(x for x, _ in group), min(y for _, y in group), max(x for x, _ in group), max(y for _, y in group))
        for _, group in sorted(groups.items())
    ]


def _unchunked(data: LevelData, width: int, height: int) -> np.ndarray:
    squares = data.chunks[data.map].reshape(-1, MAP_STRIDE, CHUNK, CHUNK)
    return squares.swapaxes(1, 2).reshape(-1, MAP_STRIDE * CHUNK)[:height, :width]


def _body(source: str, name: str) -> str:
    """What an array is made of."""
    return re.search(rf" {name}\[\d+\] = \{{(.*)\}};", source)[1]


def _numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"-?\d+", text)]


def _enum(name: str) -> str:
    source = (Path(__file__).parents[2] / "windup" / "src" / "game.h").read_text()
    return re.search(rf"enum {name} \{{(.*?)\}}", source, re.DOTALL)[1]
