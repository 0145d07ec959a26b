"""The pieces of levels: each adds columns to the right of a level."""

from collections.abc import Callable
from random import Random
from typing import Protocol

from windup.leveling.builder import Builder

Piece = Callable[[Builder, Random], None]


def flat(b: Builder, rng: Random) -> None:
    x = b.floor(rng.randint(6, 12))
    if rng.random() < 0.6:
        b.put(x + 2, b.ground - 2, "o" * rng.randint(2, 4))


def hill(b: Builder, rng: Random) -> None:
    gentle, rows = rng.random() < 0.5, rng.randint(2, 5)
    b.slope_up(rows, gentle)
    x = b.floor(rng.randint(4, 8))
    b.put(x + 1, b.ground - 2, "oo")
    b.slope_down(rows, rng.random() < 0.5)
    b.floor(3)


def valley(b: Builder, rng: Random) -> None:
    rows = rng.randint(3, 6)
    b.slope_down(rows, rng.random() < 0.4)
    x = b.floor(rng.randint(4, 9))
    b.put(x + 1, b.ground - 1, "w" if rng.random() < 0.4 else "o")
    b.slope_up(max(1, rows - rng.randint(0, 2)), rng.random() < 0.4)
    b.floor(4)


def ramp_down(b: Builder, rng: Random) -> None:
    b.slope_down(rng.randint(4, 8), rng.random() < 0.6)
    b.floor(4)


def ramp_up(b: Builder, rng: Random) -> None:
    b.slope_up(rng.randint(3, 6), True)
    b.floor(4)


def pit(b: Builder, rng: Random) -> None:
    x = b.floor(4)
    wide = rng.randint(6, 9)
    x = b.gap(wide)
    b.put(x + wide // 2 - 1, b.ground - 5, "oo")
    b.floor(6)


def islands(b: Builder, rng: Random) -> None:
    b.floor(3)
    for _ in range(rng.randint(2, 3)):
        b.gap(rng.randint(5, 6))
        b.climb(rng.choice((-2, 0, 1, 2)))
        x = b.floor(rng.randint(4, 6))
        b.put(x + 1, b.ground - 2, "o")
    b.gap(5)
    b.floor(5)


def ferry(b: Builder, rng: Random) -> None:
    """A platform that moves across a pit too wide to jump from a stand."""
    b.floor(4)
    x = b.gap(rng.randint(13, 16))
    b.put((x + b.width) // 2, b.ground, "m")
    b.floor(6)


def lift(b: Builder, rng: Random) -> None:
    """A platform that goes up and down before a wall."""
    b.floor(4)
    x = b.gap(5)
    b.put(x + 2, b.ground - 3, "v")
    b.climb(rng.randint(6, 7))
    b.floor(6)


def stairs_up(b: Builder, rng: Random) -> None:
    for _ in range(rng.randint(2, 3)):
        b.climb(rng.randint(2, 4))
        b.floor(rng.randint(3, 6))


def stairs_down(b: Builder, rng: Random) -> None:
    for _ in range(rng.randint(2, 3)):
        b.climb(-rng.randint(2, 4))
        b.floor(rng.randint(4, 7))


def spikes(b: Builder, rng: Random) -> None:
    x = b.floor(14)
    b.put(x + 5, b.ground, "^" * rng.randint(2, 4))
    b.put(x + 5, b.ground - 5, "ooo")


def walkers(b: Builder, rng: Random) -> None:
    x = b.floor(rng.randint(12, 16))
    b.put(x, b.ground - 1, "o")
    b.put(x + 7, b.ground - 1, "w")
    if rng.random() < 0.4:
        b.put(x + 10, b.ground - 1, "w")


def hoppers(b: Builder, rng: Random) -> None:
    x = b.floor(14)
    b.put(x + 5, b.ground - 1, "h")
    if rng.random() < 0.5:
        b.put(x + 10, b.ground - 1, "h")


def flyers(b: Builder, rng: Random) -> None:
    x = b.floor(14)
    b.put(x + 5, b.ground - 3, "f")
    if rng.random() < 0.6:
        b.put(x + 9, b.ground - 5, "f")
    b.put(x + 2, b.ground - 1, "oo")


def shelves(b: Builder, rng: Random) -> None:
    """One-way shelves with rings over a walker: two routes."""
    x = b.floor(22)
    b.put(x + 2, b.ground - 4, "-" * 5)
    b.put(x + 8, b.ground - 7, "-" * 7)
    b.put(x + 9, b.ground - 8, "ooooo")
    b.put(x + 16, b.ground - 4, "-" * 4)
    b.put(x + 11, b.ground - 1, rng.choice("wh"))


def bridge(b: Builder, rng: Random) -> None:
    """A solid bridge over spikes and walkers: the upper route is safe."""
    x = b.floor(30)
    b.put(x + 2, b.ground - 4, "-" * 4)
    b.fill(x + 7, b.ground - 8, x + 24, b.ground - 7, "#")
    b.put(x + 10, b.ground - 9, "o" * 4)
    b.put(x + 18, b.ground - 9, "o" * 4)
    b.put(x + 11, b.ground, "^^^")
    b.put(x + 19, b.ground - 1, "w")


def two_routes(b: Builder, rng: Random) -> None:
    """A way above and a way below."""
    rng.choice((shelves, bridge))(b, rng)


def spring_wall(b: Builder, rng: Random) -> None:
    x = b.floor(8)
    b.put(x + 5, b.ground - 1, "s")
    b.put(x + 5, b.ground - 7, "o")
    b.climb(rng.randint(8, 10))
    b.floor(6)


def strong_spring_wall(b: Builder, rng: Random) -> None:
    x = b.floor(9)
    b.put(x + 5, b.ground - 1, "S")
    for up in (8, 12, 16):
        b.put(x + 5, b.ground - up, "o")
    b.climb(rng.randint(14, 18))
    b.floor(8)


def kicker(b: Builder, rng: Random) -> None:
    """A spring to the right before a pit."""
    x = b.floor(6)
    b.put(x + 2, b.ground - 1, "r")
    b.gap(rng.randint(9, 12))
    b.floor(10)


def belts(b: Builder, rng: Random) -> None:
    """Belts against the way, back to spikes; a belt along it at the end."""
    x = b.floor(26)
    b.put(x + 3, b.ground, "^^")
    b.put(x + 5, b.ground, "<" * 8)
    b.put(x + 16, b.ground, ">" * 7)
    b.put(x + 14, b.ground - 2, "oo")


def crushers(b: Builder, rng: Random) -> None:
    many = rng.randint(1, 3)
    x = b.floor(6 + 7 * many)
    b.fill(x + 2, b.ground - 11, x + 3 + 7 * many, b.ground - 8, "#")
    for i in range(many):
        b.put(x + 5 + 7 * i, b.ground - 7, "x")
        b.put(x + 8 + 7 * i, b.ground - 1, "o")


def tube_right(b: Builder, rng: Random) -> None:
    x = b.floor(8)
    b.put(x + 4, b.ground - 1, "t")
    b.gap(rng.randint(18, 24))
    b.climb(rng.randint(-3, 2))
    x = b.floor(40)
    b.put(x + 6, b.ground - 2, "ooo")
    b.put(x + 30, b.ground - 2, "ooo")


def tube_up(b: Builder, rng: Random) -> None:
    x = b.floor(9)
    b.put(x + 5, b.ground - 1, "T")
    b.climb(rng.randint(16, 20))
    b.floor(10)


def weak_wall(b: Builder, rng: Random) -> None:
    """A wall that breaks at a run; without a run-up it can be jumped by way of a shelf."""
    x = b.floor(30)
    b.fill(x + 20, b.ground - 5, x + 27, b.ground - 4, "#")
    b.fill(x + 22, b.ground - 3, x + 22, b.ground - 1, "%")
    b.put(x + 24, b.ground - 2, "ooo")
    b.put(x + 16, b.ground - 3, "---")


def tunnel(b: Builder, rng: Random) -> None:
    x = b.floor(18)
    b.fill(x + 3, b.ground - 10, x + 14, b.ground - 4, "#")
    b.put(x + 6, b.ground - 1, "o")
    b.put(x + 10, b.ground - 1, rng.choice("wo"))


def underpass(b: Builder, rng: Random) -> None:
    """A way under a wall up to the sky, after flat ground so long that no jump from before clears it."""
    x = b.floor(44)
    for part in (2, 14, 26):
        b.put(x + part + rng.randint(0, 8), b.ground - rng.randint(1, 4), "ooo")
    b.fill(x + 40, 0, x + 43, b.ground - 8, "#")


DROP = 9
"""Rows that cannot be jumped up."""


def _drop_room(b: Builder, tunnel_columns: int, shaft: int) -> int:
    """Adds a roofed way that ends in a shaft, with a dead end at its foot that leads back under the way.

    Returns:
        First column of the dead end.
    """
    b.floor(16)
    g, x = b.ground, b.floor(tunnel_columns)
    b.fill(x, g - 12, x + tunnel_columns - 1, g - 8, "#")
    b.fill(x + 1, g + DROP - 3, x + tunnel_columns - 1, g + DROP - 1, ".")
    hole = b.gap(shaft)
    b.fill(hole, g - 12, hole + shaft - 1, g - 8, "#")
    b.fill(hole, g + DROP, hole + shaft - 1, b.height - 1, "#")
    b.climb(-DROP)
    return x


def _close(b: Builder, character: str, columns: int) -> None:
    """Adds the shaft's far wall, up to the roof, with an exit at its foot that is closed by blocks of a kind."""
    g = b.ground - DROP
    x = b.floor(columns + 2)
    b.fill(x, g - 12, x + columns + 1, b.ground - 4, "#")
    b.fill(x, b.ground - 3, x + columns - 1, b.ground - 1, character)
    b.floor(6)


def switch_behind(b: Builder, rng: Random, gate: str) -> None:
    """The gate's switch is at the end of the dead end."""
    x = _drop_room(b, rng.randint(12, 16), 4)
    b.put(x + 2, b.ground - 1, gate.lower())
    b.put(x + 6, b.ground - 2, "oo")
    _close(b, gate, 1)


def run_up(b: Builder, rng: Random, gate: str) -> None:
    """The shaft is too narrow to be fast in; the dead end is long enough."""
    x = _drop_room(b, rng.randint(24, 28), 2)
    b.put(x + 8, b.ground - 2, "ooo")
    _close(b, "%", 1)


def spring_behind(b: Builder, rng: Random, gate: str) -> None:
    """The only way out is a spring in the dead end, which throws the player through the way above and its roof."""
    x = _drop_room(b, rng.randint(14, 18), 4)
    g = b.ground - DROP
    b.put(x + 2, b.ground - 1, "S")
    for y in range(g, b.ground - 3):
        b.put(x + 1, y, "...")
    b.put(x + 1, g, "---")
    for y in range(g - 12, g - 7):
        b.put(x + 1, y, "...")
    b.put(x + 1, g - 12, "---")
    b.put(x + 8, g - 13, "ooo")
    columns = b.floor(3)
    b.fill(columns, g - 12, columns + 2, b.ground - 1, "#")
    b.floor(8)


def switch_above(b: Builder, rng: Random, gate: str) -> None:
    """Shelves at the gate lead up and back to the switch, too high to be reached from before."""
    b.floor(16)
    g, x = b.ground, b.floor(24)
    b.fill(x + 4, g - 9, x + 15, g - 9, "#")
    b.put(x + 5, g - 10, gate.lower())
    b.put(x + 9, g - 11, "oo")
    b.put(x + 18, g - 4, "---")
    b.put(x + 16, g - 8, "--")
    wall = b.floor(3)
    b.fill(wall, g - 18, wall + 2, g - 4, "#")
    b.fill(wall, g - 3, wall, g - 1, gate)
    b.floor(6)


class Barrier(Protocol):
    """A piece that may use a gate of its own, by its letter."""

    def __call__(self, b: Builder, rng: Random, gate: str) -> None: ...


BARRIERS: dict[str, tuple[str, Barrier]] = {
    "switch-behind": ("switch", switch_behind),
    "switch-above": ("switch", switch_above),
    "run-up": ("run-up", run_up),
    "spring-behind": ("spring", spring_behind),
}
"""Word in a level's header, and piece, of each barrier by name."""

RISING: tuple[Piece, ...] = (spring_wall, strong_spring_wall, tube_up, lift, ramp_up, stairs_up)
FALLING: tuple[Piece, ...] = (ramp_down, stairs_down)
