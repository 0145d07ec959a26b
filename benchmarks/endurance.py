"""python -m benchmarks.endurance: compares the first and the last tenth of an hour of training.

With the defaults, on an otherwise idle machine. Nothing may grow with a run's length.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy import stats

from benchmarks.picture import save
from benchmarks.process_tree import cpu_seconds, descendants, own_kib
from benchmarks.training import LEVELS

MINUTES = 60.0
PICTURE = Path("docs/endurance.svg")
WARM_UP_MINUTES = 3.0
"""Minutes that are left out, in which the learner's memory is filled, and the lambdas are chosen."""
SAMPLE_SECONDS = 5.0
MEASURES = {
    "iteration_seconds": "seconds of an iteration",
    "cpu_milliseconds_per_step": "CPU time of all processes for a step, ms",
    "driver_cpu_milliseconds_per_step": "of this the driver's, ms",
    "memory_mib": "memory of all processes, MiB",
    "driver_memory_mib": "of this the driver's, MiB",
}


@dataclass(frozen=True)
class Trend:
    """The trend of a measure from the first to the last minute.

    Attributes:
        first, last: medians of the first and the last tenth.
        ratio: last / first.
        per_hour: slope of the straight line through all samples, by Theil and Sen, in the measure's unit.
        least, most: the ends of its 95% confidence interval.
    """

    first: float
    last: float
    ratio: float
    per_hour: float
    least: float
    most: float


def measure() -> dict[str, Any]:
    """Runs the training, and returns its `summary`."""
    folder = Path(tempfile.mkdtemp(prefix="sw-endurance-"))
    run: subprocess.Popen[bytes] | None = None
    try:
        words = [sys.executable, "-c", "from cluster.cli import main; main()", "train", "--no-report"]
        words += ["--runs-dir", str(folder), "--name", "run", "--steps", str(10**9), "--levels", LEVELS]
        with (folder / "log").open("w") as log:
            run = subprocess.Popen(words, stdout=log, stderr=log, start_new_session=True)
        metrics = folder / "run" / "metrics.jsonl"
        while not metrics.exists() or not metrics.stat().st_size:
            if run.poll() is not None:
                raise RuntimeError((folder / "log").read_text()[-3000:])
            time.sleep(0.5)
        begin = time.time()
        samples = []
        while (now := time.time()) < begin + 60 * MINUTES:
            samples.append(_sample(run.pid, now))
            if run.poll() is not None:
                raise RuntimeError((folder / "log").read_text()[-3000:])
            time.sleep(max(0.0, SAMPLE_SECONDS - (time.time() - now)))
        os.killpg(run.pid, signal.SIGINT)
        run.wait()
        rows = [json.loads(line) for line in metrics.read_text().splitlines()]
    finally:
        if run is not None:
            # Its janitor ends what it started.
            run.kill()
            run.wait()
        shutil.rmtree(folder, ignore_errors=True)
    return summary(rows, samples)


def summary(rows: list[dict[str, Any]], samples: list[dict[str, float]]) -> dict[str, Any]:
    """Returns the trend of each measure, and its medians of every minute.

    Args:
        rows: of metrics.jsonl.
        samples: see `_sample`.
    """
    begin = samples[0]["time"] + 60 * WARM_UP_MINUTES
    rows = [row for row in rows if begin <= row["iteration_timestamp_seconds"] <= samples[-1]["time"]]
    samples = [sample for sample in samples if sample["time"] >= begin]
    at = [row["iteration_timestamp_seconds"] for row in rows]
    series: dict[str, list[tuple[float, float]]] = {
        "iteration_seconds": [(time, row["iteration_seconds"]) for time, row in zip(at, rows, strict=True)],
        "memory_mib": [(sample["time"], sample["memory_mib"]) for sample in samples],
        "driver_memory_mib": [(sample["time"], sample["driver_memory_mib"]) for sample in samples],
    }
    # CPU time of about half a minute at a time, and the steps sampled in it.
    marks = samples[:: max(1, round(30 / SAMPLE_SECONDS))]
    steps = np.interp([mark["time"] for mark in marks], at, [row["steps_total"] for row in rows])
    for name, prefix in (("cpu_seconds", ""), ("driver_cpu_seconds", "driver_")):
        series[f"{prefix}cpu_milliseconds_per_step"] = [
            (later["time"], 1000 * (later[name] - mark[name]) / max(1.0, after - before))
            for mark, later, before, after in zip(marks, marks[1:], steps, steps[1:], strict=False)
        ]
    points = {name: [((when - begin) / 60, value) for when, value in series[name]] for name in MEASURES}
    return {
        "iterations": len(rows),
        "steps": rows[-1]["steps_total"] - rows[0]["steps_total"],
        "steps_per_second": (rows[-1]["steps_total"] - rows[0]["steps_total"]) / (at[-1] - at[0]),
        "longest_iteration_seconds": max(row["iteration_seconds"] for row in rows),
        "trends": {name: vars(_trend(measure)) for name, measure in points.items()},
        "by_minute": {name: _by_minute(measure) for name, measure in points.items()},
    }


def _sample(pid: int, now: float) -> dict[str, float]:
    pids = descendants(pid)
    return {
        "time": now,
        # The time of processes that have ended is in that of their parents.
        "cpu_seconds": cpu_seconds(pid) + sum(map(cpu_seconds, pids)),
        "driver_cpu_seconds": cpu_seconds(pid),
        "memory_mib": (own_kib(pid) + sum(map(own_kib, pids))) / 1024,
        "driver_memory_mib": own_kib(pid) / 1024,
    }


def _trend(points: list[tuple[float, float]]) -> Trend:
    minutes, values = map(list, zip(*points, strict=True))
    tenth = max(1, len(values) // 10)
    first, last = median(values[:tenth]), median(values[-tenth:])
    # At most a thousand points: it looks at all pairs.
    every = max(1, len(values) // 1000)
    slope, _, least, most = (60 * value for value in stats.theilslopes(values[::every], minutes[::every]))
    return Trend(first, last, last / first, slope, least, most)


def _by_minute(points: list[tuple[float, float]]) -> list[tuple[int, float]]:
    minutes: defaultdict[int, list[float]] = defaultdict(list)
    for minute, value in points:
        minutes[int(minute)].append(value)
    return [(minute, median(values)) for minute, values in sorted(minutes.items())]


def table(results: dict[str, Any]) -> Any:
    title = (
        f"{MINUTES:.0f} minutes, of which the first {WARM_UP_MINUTES:.0f} do not count: {results['steps']:,} steps,"
        f" {results['steps_per_second']:,.0f} a second"
    )
    shown = Table("", "first tenth", "last tenth", "ratio", "slope in an hour (95%)", title=title)
    for name, words in MEASURES.items():
        trend = Trend(**results["trends"][name])
        slope = f"{trend.per_hour:+.3g} ({trend.least:+.3g} to {trend.most:+.3g})"
        shown.add_row(words, f"{trend.first:.4g}", f"{trend.last:.4g}", f"{trend.ratio:.3f}", slope)
    return shown


def draw(results: dict[str, Any], file: Path) -> None:
    """Plots every measure against time."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(len(MEASURES), 1, sharex=True, figsize=(9, 11), layout="constrained")
    for axis, (name, words) in zip(axes, MEASURES.items(), strict=True):
        minutes, values = zip(*results["by_minute"][name], strict=True)
        axis.plot(minutes, values)
        axis.set_ylim(0, 1.3 * max(values))
        axis.set_title(words, loc="left", fontsize=12)
        axis.grid(alpha=0.3)
    axes[-1].set_xlabel("minutes", fontsize=12)
    save(figure, file)


if __name__ == "__main__":
    Console().print(table(measure()))
