"""Generated levels without end: level n of a seed, in the style of a training zone.

Their names differ from the 58's: GeneratedGarden.Seed0.Level17 is of the zone GeneratedGarden. No generated level has
the style of the Attic, the validation zone, which no agent may see in training.
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
"""Seed and frames of the search that decides whether a level can be finished. 200,000 frames do for 99 of 100."""

_ATTEMPTS = 8
_STYLES = tuple(zone for zone in ZONES if zone != "Attic")
_WIDTHS = 280, 595
"""Least widths, in blocks, of those of the 58 that are generated, in these zones: of the second and the ninth act."""
_BARRIERS: tuple[tuple[str, ...], ...] = (
    *[()] * 3,
    ("switch-behind",),
    ("run-up",),
    ("switch-above",),
    ("spring-behind",),
    ("switch-behind", "run-up"),
)
"""Barriers of those eight acts; each entry is equally likely."""
_SPEC = re.compile(r"(\d{1,12})(?:\+(\d{1,12}))?", re.ASCII)
_NAME = re.compile(r"Generated([A-Za-z]+)\.Seed(\d{1,12})\.Level(\d{1,12})", re.ASCII)


class GeneratedError(ValueError):
    """A split or name means no generated levels; the message is one line that says what is allowed."""


def is_generated(text: str) -> bool:
    """Returns whether a text looks like the name of a generated split, level or zone."""
    return text == SPLIT or text.startswith((SPLIT + ":", "Generated"))


def split_names(split: str) -> list[str]:
    """Returns the names of the levels of `windup-generated:N` or `windup-generated:N+SEED`.

    Raises:
        GeneratedError: the split has another form, or a number is out of its bounds.
    """
    word, _, numbers = split.partition(":")
    match = _SPEC.fullmatch(numbers)
    if word != SPLIT or not match:
        raise GeneratedError(f"split {split!r}: allowed are {SPLIT}:N and {SPLIT}:N+SEED, such as {SPLIT}:200+7")
    return generated_names(int(match[1]), int(match[2] or 0))


def generated_names(count: int, seed: int = 0) -> list[str]:
    """Returns the names of levels 1 to `count` of a seed, the zones in turns; a longer list extends a shorter one.

    Raises:
        GeneratedError: a number is out of its bounds.
    """
    _check("number of levels", count, 1, MOST_LEVELS)
    _check("seed", seed, 0, MOST_SEED)
    return [_name(number, seed) for number in range(1, count + 1)]


def level_of_name(name: str, finishes: Callable[[LevelFile], bool]) -> LevelFile:
    """Returns the level of a name: the first of its candidates that can be finished.

    Args:
        finishes: returns whether the search with SEARCH_SEED and SEARCH_FRAMES reaches a level's goal.

    Raises:
        GeneratedError: no generated level has this name.
        RuntimeError: no candidate can be finished.
    """
    for level in candidates(name):
        if finishes(level):
            return level
    raise RuntimeError(f"{name}: the search finishes none of {_ATTEMPTS} candidates")


def candidates(name: str) -> Iterator[LevelFile]:
    """Yields the candidates for a level, best first; they are equal on every machine.

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
    """Returns whether a level keeps the limits of width and objects: its last piece may exceed the width."""
    objects = sum(row.count(character) for row in level.rows for character in OBJECTS + SWITCHES + GOAL)
    return level.width <= MAX_WIDTH and objects <= MAX_OBJECTS


def _name(number: int, seed: int) -> str:
    return f"Generated{_STYLES[(number - 1) % len(_STYLES)]}.Seed{seed}.Level{number}"


def _zone(name: str) -> str:
    """Returns the zone whose style a level has."""
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
