"""Composes a level of pieces: the same level for the same plan, on every machine."""

from dataclasses import dataclass
from functools import partial
from random import Random

from windup.leveling import set_pieces as p
from windup.leveling.builder import Builder
from windup.leveling.level_file import LevelFile

_TOP, _BOTTOM = 26, 12
"""Rows that stay free above and below the ground."""


@dataclass(frozen=True)
class Plan:
    """A level to be made.

    Attributes:
        zone: the zone whose style and look it has.
        width: least width, in blocks.
        barriers: names of its barriers, in their order.
        seed: of the random choices, by which levels of otherwise equal plans differ.
        underpasses: whether there is one before each barrier, so that no jump clears the barrier. Without them a seed
            must be found whose barriers hold.
    """

    name: str
    zone: str
    act: int
    split: str
    width: int
    barriers: tuple[str, ...]
    seed: int
    underpasses: bool = False


@dataclass(frozen=True)
class Style:
    """The style of a zone: its height in rows, and the frequency of each piece."""

    height: int
    pieces: dict[p.Piece, int]


STYLES = {
    "Playroom": Style(
        48,
        {
            p.flat: 3,
            p.hill: 4,
            p.valley: 3,
            p.pit: 2,
            p.walkers: 3,
            p.shelves: 2,
            p.spikes: 1,
            p.spring_wall: 1,
            p.bridge: 1,
            p.weak_wall: 1,
        },
    ),
    "BlockCity": Style(
        56,
        {
            p.flat: 2,
            p.stairs_up: 4,
            p.stairs_down: 4,
            p.shelves: 4,
            p.bridge: 3,
            p.pit: 2,
            p.islands: 2,
            p.hoppers: 2,
            p.tunnel: 2,
            p.spring_wall: 2,
        },
    ),
    "TrainYard": Style(
        48,
        {
            p.flat: 2,
            p.belts: 4,
            p.crushers: 3,
            p.tube_right: 2,
            p.tunnel: 2,
            p.pit: 2,
            p.kicker: 2,
            p.walkers: 2,
            p.weak_wall: 2,
            p.hill: 1,
        },
    ),
    "Clockwork": Style(
        56,
        {
            p.flat: 2,
            p.ferry: 4,
            p.lift: 4,
            p.crushers: 3,
            p.stairs_down: 3,
            p.spikes: 2,
            p.belts: 2,
            p.hoppers: 2,
            p.islands: 1,
        },
    ),
    "Garden": Style(
        56,
        {
            p.valley: 5,
            p.hill: 4,
            p.ramp_up: 2,
            p.ramp_down: 2,
            p.flyers: 4,
            p.strong_spring_wall: 1,
            p.kicker: 2,
            p.pit: 2,
            p.bridge: 1,
        },
    ),
    "Bathtub": Style(
        64,
        {
            p.flat: 2,
            p.pit: 4,
            p.islands: 3,
            p.strong_spring_wall: 3,
            p.tube_up: 2,
            p.tube_right: 2,
            p.stairs_down: 5,
            p.flyers: 2,
            p.ferry: 2,
            p.spikes: 1,
        },
    ),
    "Attic": Style(
        64,
        {
            p.flat: 1,
            p.hill: 1,
            p.belts: 2,
            p.crushers: 2,
            p.ferry: 2,
            p.islands: 2,
            p.shelves: 2,
            p.flyers: 2,
            p.hoppers: 2,
            p.lift: 1,
            p.spikes: 2,
            p.tunnel: 1,
            p.valley: 2,
            p.tube_right: 1,
            p.weak_wall: 1,
        },
    ),
}


@dataclass(frozen=True)
class Stretch:
    """The place of a barrier: its columns from `first` to before `end`."""

    first: int
    end: int


def generate(plan: Plan) -> LevelFile:
    """Makes the level of a plan, which depends on the plan alone."""
    return _compose(plan)[0]


def stretches(plan: Plan) -> list[Stretch]:
    """Returns the places of the barriers in a plan's level, in the plan's order."""
    return _compose(plan)[1]


def _compose(plan: Plan) -> tuple[LevelFile, list[Stretch]]:
    style = STYLES[plan.zone]
    rng = Random(f"{plan.name} {plan.seed}")
    b = Builder(style.height, style.height * 5 // 8)
    x = b.floor(14)
    b.put(x + 4, b.ground - 1, "P")
    b.put(x + 8, b.ground - 2, "ooo")
    due = _due(plan)
    barriers = []
    before: p.Piece | None = None
    while b.width < plan.width or due:
        if due and b.width >= due[0][0]:
            _level_out(b, rng)
            first, (_, piece, stops) = b.width, due.pop(0)
            piece(b, rng)
            if stops:
                barriers.append(Stretch(first, b.width))
            continue
        choices = {piece: often for piece, often in style.pieces.items() if piece is not before and _fits(b, piece)}
        before = rng.choices(list(choices), list(choices.values()))[0]
        before(b, rng)
        _level_out(b, rng)
    x = b.floor(24)
    b.put(x + 14, b.ground - 1, "!")
    kinds = tuple(dict.fromkeys(p.BARRIERS[name][0] for name in plan.barriers))
    made = f"generator, seed {plan.seed}"
    return LevelFile(plan.name, plan.zone, plan.act, plan.split, made, kinds, b.rows()), barriers


def _due(plan: Plan) -> list[tuple[int, p.Piece, bool]]:
    """Returns the pieces that a level must have: two routes, then barriers.

    Barriers are in equal parts of the way, each with its own letter of a gate.

    Returns:
        Of each piece the column from which on it is due, the piece, and whether it is a barrier.
    """
    due: list[tuple[int, p.Piece, bool]] = [(plan.width // 5, p.two_routes, False)]
    for i, (name, gate) in enumerate(zip(plan.barriers, "ABCD", strict=False)):
        make, column = p.BARRIERS[name][1], plan.width * (i + 1) // (len(plan.barriers) + 1)
        if plan.underpasses:
            due.append((column, p.underpass, False))
        due.append((column, partial(make, gate=gate), True))
    return due


def _fits(b: Builder, piece: p.Piece) -> bool:
    """Returns whether there is room for a piece: above for rising ones, below for falling ones."""
    return not (piece in p.RISING and b.ground < _TOP) and not (
        piece in p.FALLING and b.ground > b.height - _BOTTOM - 8
    )


def _level_out(b: Builder, rng: Random) -> None:
    """Brings the ground back to a height at which any piece has room."""
    while b.ground > b.height - _BOTTOM - p.DROP:
        p.spring_wall(b, rng)
    while b.ground < _TOP - 6:
        p.ramp_down(b, rng)
