"""Results of each level as a table of text."""

from collections.abc import Mapping
from typing import Any

Levels = Mapping[str, Mapping[str, Any]]
"""A level's metrics by its name; see `cluster.metrics.level_totals`."""

HEADINGS = ("level", "steps", "episodes", "return", "progress", "completed", "curiosity")


def table(levels: Levels) -> str:
    """Returns a line of headings, and a line for each level."""
    rows = [level_row(name, level) for name, level in shortened(levels).items()]
    widths = [max(len(row[column]) for row in [HEADINGS, *rows]) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(cell.rjust(width) if column else cell.ljust(width) for column, (cell, width) in enumerate(cells))
        for cells in (list(zip(row, widths, strict=True)) for row in [HEADINGS, *rows])
    )


def level_row(name: str, level: Mapping[str, Any]) -> tuple[str, ...]:
    """Returns a level's cells for HEADINGS."""
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
    """Returns name and progress, or else return, of the levels with a finished episode, the best first."""
    known = {name: level for name, level in shortened(levels).items() if level["extrinsic_return_mean"] is not None}
    order = sorted(known, key=lambda name: -known[name]["extrinsic_return_mean"])
    return [(name, _achievement(known[name])) for name in order]


def shortened(levels: Levels) -> Levels:
    """Returns the levels named without the game, if all are of one game."""
    if len({name.partition("/")[0] for name in levels}) > 1:
        return levels
    return {name.partition("/")[2] or name: level for name, level in levels.items()}


def number(row: Mapping[str, Any], key: str, form: str = ",.0f") -> str:
    """Returns a number's text; a dash if there is none."""
    value = row.get(key)
    return "–" if value is None else format(value, form)


def _achievement(level: Mapping[str, Any]) -> str:
    if level["progress_mean"] is None:
        return number(level, "extrinsic_return_mean", ",.1f")
    completed = f", {level['completion_rate']:.0%} completed" if level["completion_rate"] else ""
    return f"{level['progress_mean']:.1%}{completed}"
