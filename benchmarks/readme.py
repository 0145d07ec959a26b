"""python -m benchmarks.readme: writes README's tables of measured speed from bench.json, and draws its pictures."""

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from rich.table import Table

from benchmarks import endurance, scaling, targets
from benchmarks.sections import RESULT, SECTIONS

README = Path("README.md")
BEGIN, END = "<!-- from bench.json by benchmarks.readme -->", "<!-- end of bench.json -->"


def render(results: dict[str, Any]) -> str:
    """Markdown: what is asked, then each section's table with the command that measures it."""
    machine = results["machine"]
    parts = [
        f"On {machine['cores']} cores of a virtual machine ({machine['processor']}). `make bench` measures all of it.",
        markdown(targets.table(results)),
    ]
    for section, module in SECTIONS.items():
        if section in results:
            table = importlib.import_module(module).table(results[section])
            title = f"{table.title}: " if table.title else ""
            parts += [f"{title}`make bench ARGS={section}`", markdown(table)]
            parts += [str(table.caption)] if table.caption else []
    return "\n\n".join(parts)


def markdown(table: Table) -> str:
    """The same table; the first column to the left, the others to the right."""
    rows = [[str(column.header) for column in table.columns]]
    rows.append(["---"] + ["---:"] * (len(table.columns) - 1))
    rows += [list(map(str, row)) for row in zip(*(column.cells for column in table.columns), strict=True)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main() -> int:
    text = README.read_text()
    if BEGIN not in text or END not in text:
        print(f"{README} has no lines {BEGIN} and {END}", file=sys.stderr)
        return 2
    before, rest = text.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    results = json.loads(RESULT.read_text())
    temporary = README.with_suffix(".tmp")
    temporary.write_text(f"{before}{BEGIN}\n{render(results)}\n{END}{after}")
    os.replace(temporary, README)
    for section, module in {"scaling": scaling, "endurance": endurance}.items():
        if section in results:
            module.draw(results[section], module.PICTURE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
