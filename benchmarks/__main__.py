"""make bench: every ratio with its parts, printed and written to bench.json.

make bench ARGS="roofline peers" measures these sections alone and leaves the others in the file as they are. Each
section runs in a process of its own, and `python -m benchmarks.SECTION` runs it without the file.
"""

import importlib
import json
import multiprocessing
import os
import platform
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.targets import table

SECTIONS = {
    "roofline": "benchmarks.roofline",
    "training": "benchmarks.training",
    "peers": "benchmarks.peers.comparison",
    "world_model": "benchmarks.world_model",
    "data_path": "benchmarks.data_path",
    "scaling": "benchmarks.scaling",
    "metrics_overhead": "benchmarks.metrics_overhead",
    "remote_emulators": "benchmarks.remote_emulators",
}
"""Modules with `measure` and `table`, by name."""
RESULT = Path("bench.json")


def main() -> int:
    sections = sys.argv[1:] or list(SECTIONS)
    if unknown := set(sections) - {*SECTIONS}:
        print(f"no such section: {', '.join(sorted(unknown))}; there are {', '.join(SECTIONS)}", file=sys.stderr)
        return 2
    console = Console()
    for section in sections:
        console.print(f"measuring: {section}", style="dim")
        # One that starts Ray, or counts its own threads, does not meet what another one left.
        process = multiprocessing.get_context("spawn").Process(target=_measure, args=(section,))
        process.start()
        process.join()
        if process.exitcode:
            return 1
    results = json.loads(RESULT.read_text())
    console.print(table(results))
    console.print(f"written to {RESULT}; python -m benchmarks.readme writes README's tables from it")
    return 0


def _measure(section: str) -> None:
    module = importlib.import_module(SECTIONS[section])
    result = module.measure()
    Console().print(module.table(result))
    results: dict[str, Any] = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    results["machine"] = {"cores": len(os.sched_getaffinity(0)), "processor": _processor()}
    results[section] = result
    temporary = RESULT.with_suffix(".tmp")
    temporary.write_text(json.dumps(results, indent=1) + "\n")
    os.replace(temporary, RESULT)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()


if __name__ == "__main__":
    sys.exit(main())
