"""Small levels, each around one thing, and the native game with all of them."""

from collections.abc import Iterator
from pathlib import Path

from windup.leveling.level_file import LevelFile
from windup.tools.native import NativeGame, View

UP, DOWN, LEFT, RIGHT, B = 1, 2, 4, 8, 16
PLAYING, DYING, GAME_OVER, WON = range(4)
GROUND = 13
"""Row of the ground's top."""
ABOVE = GROUND - 1
"""Row of what stands on it."""
STANDING = GROUND * 16 - 20
"""y of who stands on it, px."""

Piece = tuple[int, int, str]


def arena(name: str, start: tuple[int, int], *pieces: Piece, width: int = 100, height: int = 16) -> LevelFile:
    """Flat ground, the start at (column, row), the goal at the right end, and pieces: text from (column, row) on."""
    rows = [list(("#" if y >= GROUND else ".") * width) for y in range(height)]
    for x, y, text in [*pieces, (*start, "P"), (width - 2, ABOVE, "!")]:
        rows[y][x : x + len(text)] = text
    return LevelFile(name, "Playroom", 1, "train", "by hand", (), tuple("".join(row) for row in rows))


def pit(x: int, columns: int) -> list[Piece]:
    return [(x, y, "." * columns) for y in range(GROUND, 16)]


def column(x: int, character: str, rows: int = 13) -> list[Piece]:
    """A wall from the ground up."""
    return [(x, ABOVE - i, character) for i in range(rows)]


def native(*levels: LevelFile) -> NativeGame:
    return NativeGame(levels, [Path(__file__).with_name("object_view.c")])


def each(game: NativeGame, pad: int, frames: int) -> Iterator[View]:
    """The state after each of so many frames."""
    for _ in range(frames):
        game.frames(pad)
        yield game.view


def until(game: NativeGame, pad: int, what: str, value: int, most: int = 600) -> View:
    """Plays until a field of the view has the value."""
    for view in each(game, pad, most):
        if getattr(view, what) == value:
            return view
    raise AssertionError(f"{what} was never {value} in {most} frames; it is {getattr(game.view, what)}")
