"""make bench: every ratio with its parts, printed and written to bench.json.

make bench ARGS="roofline peers" measures these sections alone and leaves the others in the file as they are. The
section `endurance`, which takes an hour, is measured only when it is named. Each section runs in a process of its own,
and `python -m benchmarks.SECTION` runs it without the file.
"""

import json
import multiprocessing
import sys

from rich.console import Console

from benchmarks.sections import BY_NAME_ONLY, RESULT, SECTIONS, measure
from benchmarks.targets import table


def main() -> int:
    sections = sys.argv[1:] or [section for section in SECTIONS if section not in BY_NAME_ONLY]
    if unknown := set(sections) - {*SECTIONS}:
        print(f"no such section: {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}", file=sys.stderr)
        return 2
    console = Console()
    for section in sections:
        console.print(f"measuring: {section}", style="dim")
        # One that starts Ray, or counts its own threads, does not meet what another one left.
        process = multiprocessing.get_context("spawn").Process(target=measure, args=(section,))
        process.start()
        process.join()
        if process.exitcode:
            return 1
    results = json.loads(RESULT.read_text())
    console.print(table(results))
    console.print(f"written to {RESULT}; python -m benchmarks.readme writes README's tables from it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
