"""What was reached in each level, as text for people."""

from collections.abc import Mapping
from typing import Any

Levels = Mapping[str, Mapping[str, Any]]
"""A level's metrics by its name; see `cluster.metrics.level_totals`."""

HEADINGS = ("level", "steps", "episodes", "return", "progress", "completed", "curiosity")


def table(levels: Levels) -> str:
    """One line for each level, under a line of headings."""
    rows = [level_row(name, level) for name, level in shortened(levels).items()]
    widths = [max(len(row[column]) for row in [HEADINGS, *rows]) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(cell.rjust(width) if column else cell.ljust(width) for column, (cell, width) in enumerate(cells))
        for cells in (list(zip(row, widths, strict=True)) for row in [HEADINGS, *rows])
    )


def level_row(name: str, level: Mapping[str, Any]) -> tuple[str, ...]:
    """A level's cells under HEADINGS."""
    return (
        name,
        f"{level['steps_total']:,}",
        f"{level['episodes_total']:,}",
        number(level, "extrinsic_return_mean", ",.1f"),
        number(level, "progress_mean", ".1%"),
        number(level, "completion_rate", ".0%"),
        number(level, "curiosity_mean", "+.5f"),
    )


def ranked(levels: Levels) -> list[tuple[str, str]]:
    """Name and achievement of the levels of which an episode has ended, the best first: progress, or else return."""
    known = {name: level for name, level in shortened(levels).items() if level["extrinsic_return_mean"] is not None}
    order = sorted(known, key=lambda name: -known[name]["extrinsic_return_mean"])
    return [(name, _achievement(known[name])) for name in order]


def shortened(levels: Levels) -> Levels:
    """Without the game, where all are of one."""
    if len({name.partition("/")[0] for name in levels}) > 1:
        return levels
    return {name.partition("/")[2] or name: level for name, level in levels.items()}


def number(row: Mapping[str, Any], key: str, form: str = ",.0f") -> str:
    """A dash where there is none."""
    value = row.get(key)
    return "–" if value is None else format(value, form)


def _achievement(level: Mapping[str, Any]) -> str:
    if level["progress_mean"] is None:
        return number(level, "extrinsic_return_mean", ",.1f")
    completed = f", {level['completion_rate']:.0%} completed" if level["completion_rate"] else ""
    return f"{level['progress_mean']:.1%}{completed}"
