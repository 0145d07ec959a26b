"""python -m benchmarks.training: compares whole training runs with the bare emulator on the same cores.

With the defaults: both learners at work, on Windup's training levels.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.roofline import EMULATORS, LEVEL
from benchmarks.worker import FRAME_SKIP
from benchmarks.workers import level_workers

LEVELS = "windup-train"
STEPS = 40_000
BARE_SLICES = 5
STEPS_PER_SECOND_IN_2018 = 25.0
"""Speed of world-models-sonic-pytorch, on one GPU."""


def run(steps: int, levels: str, more: Sequence[str] = ()) -> tuple[float, dict[str, Any]]:
    """Runs `sonic-worlds train` with its defaults; returns steps/s after the first iteration, and the last row."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["train", "--runs-dir", folder, "--name", "bench", "--steps", str(steps), "--levels", levels, *more]
        subprocess.run(
            [sys.executable, "-c", "from cluster.cli import main; main()", *words],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        rows = [json.loads(line) for line in (Path(folder) / "bench" / "metrics.jsonl").read_text().splitlines()]
    seconds = sum(row["iteration_seconds"] for row in rows[1:])
    return (rows[-1]["steps_total"] - rows[0]["steps_total"]) / seconds, rows[-1]


def measure() -> dict[str, Any]:
    """Measures steps a second of a run and, before and after it, of the bare loop on all cores."""
    bare = level_workers("bare", len(os.sched_getaffinity(0)), 0, LEVEL)
    around = [bare.rate() for _ in range(BARE_SLICES)]
    rate, row = run(STEPS, LEVELS)
    around += [bare.rate() for _ in range(BARE_SLICES)]
    bare.close()
    return {
        "levels": LEVELS,
        "emulators": EMULATORS,
        "steps_per_second": rate,
        "bare_steps_per_second": median(around),
        "ratio_to_bare": rate / median(around),
        "training_ratio": row["training_ratio"],
        "times_2018": rate / STEPS_PER_SECOND_IN_2018,
    }


def table(result: dict[str, Any]) -> Table:
    shown = Table(
        "whole run", "steps/s", "frames/s", "to the bare loop", "to the 2018 entry", "steps trained on for each sampled"
    )
    rate = result["steps_per_second"]
    shown.add_row(
        f"sonic-worlds train --levels {LEVELS}",
        f"{rate:,.0f}",
        f"{FRAME_SKIP * rate:,.0f}",
        f"{result['ratio_to_bare']:.2f}",
        f"{result['times_2018']:.0f}",
        f"{result['training_ratio']:.2f}",
    )
    return shown


if __name__ == "__main__":
    Console().print(table(measure()))
