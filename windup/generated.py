"""Levels without end: level n of a seed, made by the generator in the style of a zone that is trained on.

They are none of the 58, and their names say so: GeneratedGarden.Seed0.Level17 is of the zone GeneratedGarden. The
Attic, which is only validated on, lends them nothing: it stays a zone that no agent has seen.
"""

import re
from collections.abc import Callable, Iterator
from random import Random

from windup.level_data import MAX_OBJECTS
from windup.leveling.generate import Plan, generate
from windup.leveling.level_file import GOAL, MAX_WIDTH, OBJECTS, SWITCHES, ZONES, LevelFile

SPLIT = "windup-generated"
MOST_LEVELS, MOST_SEED = 50_000, 999_999_999
NO_ACT = 256
"""The act of generated levels, which the game's variable, counted from 0, shows as 255: none of the 58 has it."""
SEARCH_SEED, SEARCH_FRAMES = 0, 4_000_000
"""A level can be finished if the search, with this seed, finds a way in so many frames. 99 of 100 take it 200,000."""

_ATTEMPTS = 8
_STYLES = tuple(zone for zone in ZONES if zone != "Attic")
_WIDTHS = 280, 595
"""The least widths of the 58's generated levels in these zones, from their second act to their ninth, in blocks."""
_BARRIERS: tuple[tuple[str, ...], ...] = (
    *[()] * 3,
    ("switch-behind",),
    ("run-up",),
    ("switch-above",),
    ("spring-behind",),
    ("switch-behind", "run-up"),
)
"""Barriers of the eight acts above, each as often as there."""
_SPEC = re.compile(r"(\d{1,12})(?:\+(\d{1,12}))?", re.ASCII)
_NAME = re.compile(r"Generated([A-Za-z]+)\.Seed(\d{1,12})\.Level(\d{1,12})", re.ASCII)


class GeneratedError(ValueError):
    """A split or name that stands for no generated levels: one line that says what is allowed."""


def is_generated(text: str) -> bool:
    """Whether a text means to name the split, a level or a zone of this kind."""
    return text == SPLIT or text.startswith((SPLIT + ":", "Generated"))


def split_names(split: str) -> list[str]:
    """The names of `windup-generated:N` and `windup-generated:N+SEED`.

    Raises:
        GeneratedError: it is neither of them, or a number is out of its bounds.
    """
    word, _, numbers = split.partition(":")
    match = _SPEC.fullmatch(numbers)
    if word != SPLIT or not match:
        raise GeneratedError(f"split {split!r}: allowed are {SPLIT}:N and {SPLIT}:N+SEED, such as {SPLIT}:200+7")
    return generated_names(int(match[1]), int(match[2] or 0))


def generated_names(count: int, seed: int = 0) -> list[str]:
    """The names of levels 1 to `count` of a seed, the zones in turns. A longer list begins as a shorter one does.

    Raises:
        GeneratedError: a number is out of its bounds.
    """
    _check("number of levels", count, 1, MOST_LEVELS)
    _check("seed", seed, 0, MOST_SEED)
    return [_name(number, seed) for number in range(1, count + 1)]


def level_of_name(name: str, finishes: Callable[[LevelFile], bool]) -> LevelFile:
    """The level of a name: the first of its candidates that can be finished.

    Args:
        finishes: whether the search of SEARCH_SEED and SEARCH_FRAMES gets to a level's goal.

    Raises:
        GeneratedError: no generated level has this name.
        RuntimeError: no candidate can be finished.
    """
    for level in candidates(name):
        if finishes(level):
            return level
    raise RuntimeError(f"{name}: the search finishes none of {_ATTEMPTS} candidates")


def candidates(name: str) -> Iterator[LevelFile]:
    """What a level may be, from the most to the least wanted; the same on every machine.

    Raises:
        GeneratedError: no generated level has this name.
    """
    zone = _zone(name)
    return filter(_is_allowed, (_candidate(name, zone, attempt) for attempt in range(_ATTEMPTS)))


def _candidate(name: str, zone: str, attempt: int) -> LevelFile:
    rng = Random(f"{name} plan {attempt}")
    return generate(
        Plan(
            name=name,
            zone=zone,
            act=NO_ACT,
            split=SPLIT,
            width=rng.randint(*_WIDTHS),
            barriers=rng.choice(_BARRIERS),
            seed=attempt,
            underpasses=True,
        )
    )


def _is_allowed(level: LevelFile) -> bool:
    """Whether it is as wide as a level may be, and has no more objects: the last piece may go beyond the width."""
    objects = sum(row.count(character) for row in level.rows for character in OBJECTS + SWITCHES + GOAL)
    return level.width <= MAX_WIDTH and objects <= MAX_OBJECTS


def _name(number: int, seed: int) -> str:
    return f"Generated{_STYLES[(number - 1) % len(_STYLES)]}.Seed{seed}.Level{number}"


def _zone(name: str) -> str:
    """The zone whose style a level has."""
    match = _NAME.fullmatch(name)
    if not match:
        raise GeneratedError(f"level {name!r}: generated ones are named as {_name(1, 0)} is")
    seed, number = int(match[2]), int(match[3])
    _check("level number", number, 1, MOST_LEVELS)
    _check("seed", seed, 0, MOST_SEED)
    if name != _name(number, seed):
        raise GeneratedError(f"level {name!r}: level {number} of seed {seed} is {_name(number, seed)}")
    return match[1]


def _check(what: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise GeneratedError(f"{what} {value}: {least:,} to {most:,} are allowed")
