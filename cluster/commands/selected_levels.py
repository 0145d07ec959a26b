"""Selects levels by the flags --split and --levels."""

from actors.emulation.native_levels import require_playable
from actors.games.levels import SPLITS, Level, LevelError, select_levels
from cluster.config.config import TrainConfig
from cluster.config.errors import UsageError


def selected_levels(split: str | None, levels: str | None, config: TrainConfig, native: bool = False) -> list[Level]:
    """Returns the levels of a split, or those that are named.

    Args:
        split: train or validation, of the games in the configuration; None: validation.
        levels: value of --levels, instead of a split.
        config: configuration whose levels' games have the split.
        native: whether the native game plays them, not emulators.

    Raises:
        UsageError: both flags are given, or there are no such levels, or they cannot be played.
    """
    if split and levels:
        raise UsageError(f"--split {split} and --levels {levels} exclude each other")
    given = f"--levels {levels}" if levels else f"--split {split or 'validation'}"
    try:
        chosen = select_levels(levels or _split(split or "validation", config))
        require_playable(chosen, native)
    except LevelError as error:
        raise UsageError(f"{given}: {error}") from error
    return chosen


def _split(split: str, config: TrainConfig) -> str:
    """Returns the names of a split of the games in a configuration's levels."""
    games = {level.game for level in select_levels(config.levels)}
    names = [
        name for name, levels in SPLITS.items() if name.endswith(f"-{split}") and games & {lv.game for lv in levels}
    ]
    if not names:
        raise LevelError(f"{', '.join(sorted(games))} has no splits; name levels with --levels {min(games)}")
    return ",".join(names)
