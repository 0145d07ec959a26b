"""The results of probes as a table."""

from collections.abc import Mapping
from typing import Any

from rich.table import Column, Table

from cluster.scoring.probe_truths import MEASURE_NAMES, MEASURES

HEADINGS = ("truth", "measure", "z", "[z, h]", "untrained z", "untrained [z, h]", "supervised")


def rows(result: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Returns the table's cells, a row for each truth, from the content of a probe's file."""
    return [
        (
            name.replace("_", " "),
            MEASURE_NAMES[kind],
            *(_cell(result[name][where].get(what)) for where in (kind, "untrained") for what in ("z", "zh")),
            _cell(result[name]["supervised"]),
        )
        for name, kind in MEASURES.items()
        if name in result
    ]


def table(result: Mapping[str, Any]) -> Table:
    """Returns the table for a terminal."""
    first, *others = HEADINGS
    # In a rich table brackets are markup.
    shown = Table(first, *(Column(name.replace("[", "\\["), justify="right") for name in others))
    for row in rows(result):
        shown.add_row(*row)
    return shown


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
