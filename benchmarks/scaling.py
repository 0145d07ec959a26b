"""Measures steps/s against the number of rollout actors, with paused learners.

python -m benchmarks.scaling

Emulators and networks, which need a core, are replaced by a sleep of the time that they take on a core of their own,
which is measured first: see `benchmarks.paced_run`. Runs with real ones follow, as far as there are cores.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.picture import save
from benchmarks.process_tree import ROLES
from benchmarks.roofline import LEVEL
from benchmarks.worker import FRAME_SKIP
from benchmarks.workers import level_workers
from cluster.config.config import TrainConfig

ACTORS = (1, 2, 4, 8, 16, 32, 64)
EMULATORS = TrainConfig().emulators_per_actor
FRAGMENT_SLICES = 5
SECONDS = 25.0
START_SECONDS = 900.0
REAL_TURNS = 3
REAL_SECONDS = 15.0
PICTURE = Path("docs/scaling.svg")


def measure_step() -> float:
    """Measures the seconds of a step of one actor, with its emulators and networks, on one core."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        worker = level_workers("rollout", 1, EMULATORS, LEVEL)
    finally:
        os.sched_setaffinity(0, cores)
    try:
        return EMULATORS / median(worker.rate() for _ in range(FRAGMENT_SLICES))
    finally:
        worker.close()


def run(actors: int, emulators: int, step_seconds: float, seconds: float) -> dict[str, Any]:
    """Runs `benchmarks.paced_run` in a process of its own."""
    modules = ["benchmarks.forked_workers", "benchmarks.paced_run"] if step_seconds else ["benchmarks.paced_run"]
    words = [sys.executable, "-m", *modules, str(actors), str(emulators), str(step_seconds), str(seconds)]
    done = subprocess.run(
        words, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=START_SECONDS + seconds
    )
    return dict(json.loads(done.stdout))


def measure() -> dict[str, Any]:
    """Measures the step's length, then each number of sleeping actors, then one and two real ones in turn."""
    step_seconds = measure_step()
    paced = [run(actors, EMULATORS, step_seconds, SECONDS) for actors in ACTORS]
    for result in paced:
        result["linear"] = result["steps_per_second"] / (result["actors"] * paced[0]["steps_per_second"])
        result["of_the_sleep"] = result["steps_per_second"] / (result["actors"] * EMULATORS / step_seconds)
    cores = len(os.sched_getaffinity(0))
    turns = [[run(actors, EMULATORS, 0.0, REAL_SECONDS) for actors in (1, cores)] for _ in range(REAL_TURNS)]
    linear = median(many["steps_per_second"] / (cores * one["steps_per_second"]) for one, many in turns)
    real = [_medians(list(runs)) for runs in zip(*turns, strict=True)]
    for result, ratio in zip(real, (1.0, linear), strict=True):
        result["linear"] = ratio
    return {"step_seconds": step_seconds, "emulators": EMULATORS, "cores": cores, "paced": paced, "real": real}


def _medians(results: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns the medians of repeated runs: speed, and the number of cores that each role kept busy."""
    roles = {role: median(result["cores_busy"].get(role, 0.0) for result in results) for role in ROLES}
    rate = median(result["steps_per_second"] for result in results)
    return {"actors": results[0]["actors"], "steps_per_second": rate, "cores_busy": roles}


def table(results: dict[str, Any]) -> Any:
    title = f"{EMULATORS} emulators an actor; a step is a sleep of {1000 * results['step_seconds']:.1f} ms"
    shown = Table(
        "actors",
        "steps/s",
        "frames/s",
        "to linear",
        "to the sleep",
        "driver, cores",
        "all, cores",
        title=title,
        caption="learners paused; with all in place: real emulators and networks, those of each actor on one core",
    )
    for result in [*results["paced"], *results["real"]]:
        rate, busy = result["steps_per_second"], result["cores_busy"]
        asleep = "of_the_sleep" in result
        shown.add_row(
            f"{result['actors']}{'' if asleep else ' with all in place'}",
            f"{rate:,.0f}",
            f"{FRAME_SKIP * rate:,.0f}",
            f"{result['linear']:.3f}",
            f"{result['of_the_sleep']:.3f}" if asleep else "",
            f"{busy['driver']:.2f}",
            f"{sum(busy.values()):.2f}",
        )
    return shown


def draw(results: dict[str, Any], file: Path) -> None:
    """Plots steps/s beside the straight line, and the use of the cores."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    paced = results["paced"]
    actors = [result["actors"] for result in paced]
    figure, (rates, shares) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    rates.plot(actors, [n * paced[0]["steps_per_second"] for n in actors], "--", color="gray", label="linear")
    rates.plot(actors, [result["steps_per_second"] for result in paced], "o-", label="measured")
    rates.set(xscale="log", yscale="log", xlabel="rollout actors", ylabel="steps/s")
    rates.set_title("learners paused; emulators and networks asleep", fontsize=12)
    parts = {role: [result["cores_busy"].get(role, 0.0) for result in paced] for role in ROLES}
    busy = {role: cores for role, cores in parts.items() if any(cores)}
    shares.stackplot(actors, busy.values(), labels=busy)
    shares.axhline(results["cores"], linestyle="--", color="gray")
    shares.set(xscale="log", xlabel="rollout actors", ylabel="cores busy", ylim=(0, 1.1 * results["cores"]))
    shares.set_title("of the cores that there are (dashed)", fontsize=12)
    for axis in (rates, shares):
        axis.set_xticks(actors, [str(n) for n in actors], minor=False)
        axis.minorticks_off()
        axis.grid(alpha=0.3)
        axis.legend(fontsize=10, loc="upper left")
    save(figure, file)


if __name__ == "__main__":
    Console().print(table(measure()))
