"""make bench: every ratio with its parts, printed and written to bench.json.

make bench ARGS="roofline peers" measures these sections alone and leaves the others in the file as they are. The
section `endurance`, which takes an hour, is measured only when it is named. Each section runs in a process of its own,
and `python -m benchmarks.SECTION` runs it without the file.

With --without-bfloat16 among the words, our code computes as on a processor that has none, and the figures are kept
beside the others, under keys of their own.
"""

import json
import multiprocessing
import os
import sys

from rich.console import Console

from benchmarks.sections import BY_NAME_ONLY, RESULT, SECTIONS, WITHOUT_OPTION, key, measure
from benchmarks.targets import native_table, table
from world_model.precision import WITHOUT


def main() -> int:
    words = sys.argv[1:]
    without = WITHOUT_OPTION in words
    sections = [word for word in words if word != WITHOUT_OPTION]
    sections = sections or [section for section in SECTIONS if section not in BY_NAME_ONLY]
    if unknown := set(sections) - {*SECTIONS}:
        print(f"no such section: {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}", file=sys.stderr)
        return 2
    if without:
        # All other processes inherit it.
        os.environ[WITHOUT] = "1"
    console = Console()
    for section in sections:
        console.print(f"measuring: {key(section, without)}", style="dim")
        # One that starts Ray, or counts its own threads, does not meet what another one left.
        process = multiprocessing.get_context("spawn").Process(target=measure, args=(section, key(section, without)))
        process.start()
        process.join()
        if process.exitcode:
            return 1
    results = json.loads(RESULT.read_text())
    console.print(table(results))
    console.print(native_table(results))
    console.print(f"written to {RESULT}; python -m benchmarks.readme writes the documents' tables from it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
