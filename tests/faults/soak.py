"""A long run of which a random part is killed again and again: does anything pile up?

    .venv/bin/python -m tests.faults.soak --minutes 30

Writes soak.json, and a plot to docs/soak.svg; exits with 1 when something grew or was lost.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import psutil
import tyro

from benchmarks.process_tree import descendants, own_kib
from tests.faults.watched_run import WatchedRun
from tests.runs import PROGRAM, interrupt, left_of, rows

PARTS = {
    "emulator": ("(emulator)", "emulator_restarts_total"),
    "rollout actor": ("ray::CuriousEnvRunner", "rollout_actor_restarts_total"),
    "world-model learner": ("ray::LearnerLoop", "world_model_learner_restarts_total"),
    "PPO learner": ("ray::_WrappedExecutable", "ppo_learner_restarts_total"),
    "parameter server": ("ray::ParameterServer", "parameter_server_restarts_total"),
    "private Valkey": ("valkey-server", "valkey_restarts_total"),
}
MEASURES = {
    "memory_mib": "memory, MiB",
    "processes": "processes",
    "descriptors": "file descriptors",
    "shared_memory_mib": "shared memory and object store, MiB",
    "steps_per_second": "steps/s",
}
_SAMPLE_SECONDS = 5.0
_GROWTH = 1.1
"""That the median of the last fifth may have over that of the second fifth; the first is the start."""


def soak(
    minutes: float = 30.0,
    every: float = 20.0,
    seed: int = 0,
    plot: Path = Path("docs/soak.svg"),
    result: Annotated[Path, tyro.conf.arg(name="json")] = Path("soak.json"),
) -> int:
    """
    Args:
        minutes: that it lasts.
        every: seconds between two kills.
        seed: of what is killed.
        plot: file for the picture.
        result: file for the numbers.
    """
    os.environ["TMPDIR"] = tempfile.mkdtemp(prefix="sw-soak-")
    tempfile.tempdir = None
    folder = Path(os.environ["TMPDIR"])
    words = [*PROGRAM, "train", "--runs-dir", str(folder), "--name", "soak", "--steps", str(10**9)]
    log = folder / "log"
    with log.open("w") as file:
        # Not a pipe: it prints more than one holds.
        process = subprocess.Popen(words, stdout=file, stderr=file, text=True, start_new_session=True)
    run = WatchedRun(folder / "soak", process)
    run.wait_until(lambda row: row["weights_version"] > 1, 300)
    draw = random.Random(seed)
    begin = time.monotonic()
    killed = dict.fromkeys(PARTS, 0)
    samples: list[dict[str, float]] = []
    next_kill = begin + every
    while (now := time.monotonic()) < begin + 60 * minutes:
        if now >= next_kill:
            part = draw.choice(list(PARTS))
            pids = run.pids(PARTS[part][0])
            if pids:
                os.kill(draw.choice(pids), signal.SIGKILL)
                killed[part] += 1
                print(f"{now - begin:6.0f} s: killed the {part}", flush=True)
            next_kill += every
        samples.append({"seconds": now - begin, **_sample(process.pid, run)})
        assert process.poll() is None, log.read_text()[-3000:]
        time.sleep(max(0.0, _SAMPLE_SECONDS - (time.monotonic() - now)))
    run.wait_until_all_work(actors=2)
    last = run.last()
    interrupt(process)
    process.wait(timeout=120)
    printed = log.read_text()
    left = left_of(process, run.path)
    history = rows(run.path)
    report = {
        "minutes": minutes,
        "killed": killed,
        "counted": {part: last[counter] for part, (_, counter) in PARTS.items()},
        "growth": {name: _growth([sample[name] for sample in samples]) for name in MEASURES},
        "longest_iteration_seconds": max(row["iteration_seconds"] for row in history),
        "steps_total": last["steps_total"],
        "iterations_missing": [row["iteration"] for row in history] != list(range(1, len(history) + 1)),
        "left_behind": left,
        "samples": samples,
    }
    _draw(samples, killed, plot)
    temporary = result.with_suffix(".tmp")
    temporary.write_text(json.dumps(report, indent=1))
    temporary.replace(result)
    print(json.dumps({name: value for name, value in report.items() if name != "samples"}, indent=1))
    shutil.rmtree(folder, ignore_errors=True)
    grew = [name for name in MEASURES if name != "steps_per_second" and report["growth"][name] > _GROWTH]
    print("grew:", ", ".join(grew) or "nothing")
    run.check(printed, history)
    return 1 if grew or left or report["iterations_missing"] else 0


def _sample(pid: int, run: WatchedRun) -> dict[str, float]:
    pids = [pid, *descendants(pid)]
    shared = os.statvfs("/dev/shm")
    return {
        "memory_mib": sum(map(own_kib, pids)) / 1024,
        "processes": len(pids),
        "descriptors": sum(map(_descriptors, pids)),
        "shared_memory_mib": (shared.f_blocks - shared.f_bfree) * shared.f_frsize / 2**20,
        "steps_per_second": float(run.last()["steps_per_second"]),
    }


def _descriptors(pid: int) -> int:
    try:
        return int(psutil.Process(pid).num_fds())
    except psutil.Error:
        return 0


def _growth(values: list[float]) -> float:
    fifth = max(1, len(values) // 5)
    return round(median(values[-fifth:]) / median(values[fifth : 2 * fifth]), 3)


def _draw(samples: list[dict[str, float]], killed: dict[str, int], file: Path) -> None:
    # Here, so that nothing else needs it.
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(len(MEASURES), 1, sharex=True, figsize=(8, 9), layout="constrained")
    minutes = [sample["seconds"] / 60 for sample in samples]
    lines: Any = zip(axes, MEASURES.items(), strict=True)
    for axis, (name, words) in lines:
        axis.plot(minutes, [sample[name] for sample in samples], linewidth=1)
        axis.set_ylim(bottom=0)
        axis.set_title(words, loc="left", fontsize=9)
        axis.grid(alpha=0.3)
    axes[-1].set_xlabel("minutes")
    figure.suptitle(f"{sum(killed.values())} kills", fontsize=10)
    file.parent.mkdir(exist_ok=True)
    figure.savefig(file)


if __name__ == "__main__":
    sys.exit(tyro.cli(soak))
