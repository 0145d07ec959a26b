"""Chooses the levels of an environment: a split, or a list of names."""

import json
from collections.abc import Sequence

from windup.barriers import BARRIER_SPLITS, barriers
from windup.game import GAME, INTEGRATIONS
from windup.generated import SPLIT, GeneratedError, candidates, is_generated, split_names
from windup.leveling.level_file import SPLITS

_GENERATED = SPLIT.removeprefix("windup-")


def chosen_levels(split: str | None, levels: Sequence[str] | str | None) -> list[str]:
    """Returns the names of the levels to draw from; without arguments those of the split `train`.

    Args:
        split: `train`, `validation`, `train-barriers`, `validation-barriers`, `generated:N` or `generated:N+SEED`.
        levels: names, or a text of names with commas between them.

    Raises:
        ValueError: both are given, or one is invalid.
    """
    if levels is None:
        return _of_split("train" if split is None else split)
    if split is not None:
        raise ValueError(f"levels: {levels!r} beside split {split!r}; one of the two is allowed")
    names = levels.split(",") if isinstance(levels, str) else list(levels)
    names = [name.strip() if isinstance(name, str) else name for name in names]
    if not names:
        raise ValueError(f"levels: {levels!r}; one name or more is allowed")
    for name in names:
        check_level("levels", name)
    return names


def check_level(argument: str, name: object) -> None:
    """Checks a level's name.

    Raises:
        ValueError: no level has this name.
    """
    if isinstance(name, str) and is_generated(name):
        try:
            candidates(name)
        except GeneratedError as error:
            raise ValueError(f"{argument}: {error}") from None
    elif name not in [*(level["name"] for level in _console_levels()), *barriers()]:
        raise ValueError(
            f"{argument}: {name!r}; names of the 58 levels, such as Playroom.Act1, of generated ones and of barriers"
            " are allowed"
        )


def _of_split(split: str) -> list[str]:
    if split in SPLITS:
        return [level["name"] for level in _console_levels() if level["split"] == split]
    if split in BARRIER_SPLITS:
        return [barrier.name for barrier in barriers().values() if barrier.split == split]
    if isinstance(split, str) and split.partition(":")[0] == _GENERATED:
        try:
            return split_names(f"windup-{split}")
        except GeneratedError as error:
            raise ValueError(f"split: {split!r}: {str(error).replace(SPLIT, _GENERATED)}") from None
    allowed = f"{', '.join((*SPLITS, *BARRIER_SPLITS))}, {_GENERATED}:N and {_GENERATED}:N+SEED"
    raise ValueError(f"split: {split!r}; {allowed} are allowed")


def _console_levels() -> list[dict[str, str]]:
    levels: list[dict[str, str]] = json.loads((INTEGRATIONS / GAME / "levels.json").read_text())["levels"]
    return levels
