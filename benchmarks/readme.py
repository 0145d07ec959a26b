"""python -m benchmarks.readme: writes the tables of measured speed from bench.json, and draws the pictures.

README has six results; docs/performance.md has the targets, each section's table, and more on the native game.
"""

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.table import Table

from benchmarks import endurance, scaling, targets
from benchmarks.highlights import highlights
from benchmarks.marked import all_marked, write_between
from benchmarks.native.tables import games_table, profile_table
from benchmarks.sections import RESULT, SECTIONS, WITHOUT_OPTION, key

README, PERFORMANCE = Path("README.md"), Path("docs/performance.md")
BEGIN, END = "<!-- from bench.json by benchmarks.readme -->", "<!-- end of bench.json -->"
NATIVE_BEGIN, NATIVE_END = (
    "<!-- the native game, from bench.json by benchmarks.readme -->",
    "<!-- end of the native game -->",
)

Piece = tuple[Path, str, str, Callable[[dict[str, Any]], str]]
"""A document, two marks in it, and the function that makes the text between them from bench.json."""


def render(results: dict[str, Any]) -> str:
    """Returns Markdown: the targets, then each section's table with the command that measures it."""
    machine = results["machine"]
    formats = {True: ", with bfloat16", False: ", without bfloat16", None: ""}[machine.get("bfloat16")]
    parts = [
        f"On {machine['cores']} cores of a virtual machine ({machine['processor']}{formats}). `make bench` measures all"
        " of it.",
        markdown(targets.table(results)),
    ]
    if _measured("native", results):
        parts += ["The native game beside emulators:", markdown(targets.native_table(results))]
    for section, module in SECTIONS.items():
        for name, command in _measured(section, results).items():
            table = importlib.import_module(module).table(results[name])
            title = f"{table.title}: " if table.title else ""
            parts += [f"{title}{command}", markdown(table)]
            parts += [str(table.caption)] if table.caption else []
    return "\n\n".join(parts)


def render_native(results: dict[str, Any]) -> str:
    """Returns Markdown: further tables of the native game."""
    parts = []
    for name, command in _measured("native", results).items():
        parts += [command, markdown(games_table(results[name])), markdown(profile_table(results[name]))]
    return "\n\n".join(parts) or "Not measured yet: `make bench ARGS=native`"


def _measured(section: str, results: dict[str, Any]) -> dict[str, str]:
    """Returns the command that measures a section, by the result's key: as on this processor, or without bfloat16."""
    commands = {key(section, False): f"`make bench ARGS={section}`"}
    commands[key(section, True)] = f'`make bench ARGS="{section} {WITHOUT_OPTION}"`'
    return {name: command for name, command in commands.items() if name in results}


def markdown(table: Table) -> str:
    """Converts a table to Markdown, with the first column to the left, the others to the right."""
    rows = [[str(column.header) for column in table.columns]]
    rows.append(["---"] + ["---:"] * (len(table.columns) - 1))
    rows += [list(map(str, row)) for row in zip(*(column.cells for column in table.columns), strict=True)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def written_pieces() -> list[Piece]:
    """Returns all written pieces, in their order in each document."""
    return [
        (README, BEGIN, END, highlights),
        (PERFORMANCE, BEGIN, END, render),
        (PERFORMANCE, NATIVE_BEGIN, NATIVE_END, render_native),
    ]


def main() -> int:
    results = json.loads(RESULT.read_text())
    pieces = written_pieces()
    if not all(all_marked([document], begin, end) for document, begin, end, _ in pieces):
        return 2
    for document, begin, end, rendered in pieces:
        write_between(document, begin, end, rendered(results))
    for section, module in {"scaling": scaling, "endurance": endurance}.items():
        if section in results:
            module.draw(results[section], module.PICTURE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
