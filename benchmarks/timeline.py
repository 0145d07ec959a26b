"""python -m benchmarks.timeline: draws the use of each core during an iteration of a training run.

Linux's own record of every change of process on every core (`perf`, Debian's linux-perf; as root) is written as a trace
that chrome://tracing and ui.perfetto.dev open, and drawn.
"""

import gzip
import json
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.picture import save
from benchmarks.process_tree import roles
from benchmarks.training import LEVELS

TRACE, PICTURE = Path("docs/timeline.json.gz"), Path("docs/timeline.svg")
WARM_UP_ITERATIONS = 8
RECORD_SECONDS = 4.0
SHOWN_SECONDS = 0.1
REST, NOT_OF_THE_RUN, IDLE = "driver, Ray, Valkey", "not of the run", "idle"
COLORS = {
    "emulators": "#4c9f70",
    "rollout actors": "#3b6fb6",
    "world-model learner": "#c8553d",
    "PPO learner": "#e3a72f",
    "parameter server": "#7b5ea7",
    REST: "#777777",
    NOT_OF_THE_RUN: "#cccccc",
}
_SWITCH = re.compile(r"\[(\d+)\]\s+([\d.]+):.*prev_pid=(\d+) .*next_pid=(\d+)")

Span = tuple[int, float, float, str]
"""Core, begin and end in seconds, and role of a process on a core."""


def record() -> list[Span]:
    """Records RECORD_SECONDS of a training run, some iterations after its start."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["train", "--runs-dir", folder, "--name", "a", "--steps", str(10**9), "--levels", LEVELS, "--no-report"]
        command = [sys.executable, "-c", "from cluster.cli import main; main()", *words]
        run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            file = Path(folder) / "a" / "metrics.jsonl"
            while not file.exists() or len(file.read_text().splitlines()) < WARM_UP_ITERATIONS:
                if run.poll() is not None:
                    raise RuntimeError("the run ended")
                time.sleep(0.1)
            data = Path(folder) / "perf.data"
            perf = ["perf", "record", "-q", "-a", "-e", "sched:sched_switch", "-o", str(data)]
            subprocess.run([*perf, "sleep", str(RECORD_SECONDS)], check=True)
            of_threads = _roles(run.pid)
        finally:
            run.terminate()
            run.wait()
        script = subprocess.run(["perf", "script", "-i", str(data)], check=True, capture_output=True, text=True).stdout
    return list(_spans(script, of_threads))


def _roles(run: int) -> dict[int, str]:
    """Returns the role of every thread of the run, by its number."""
    threads_of: dict[int, str] = {}
    for pid, role in roles(run).items():
        with suppress(OSError):
            threads = list(Path(f"/proc/{pid}/task").iterdir())
            threads_of |= {int(thread.name): role if role in COLORS else REST for thread in threads}
    return threads_of


def _spans(script: str, of_threads: dict[int, str]) -> Any:
    since: dict[int, float] = {}
    for line in script.splitlines():
        match = _SWITCH.search(line)
        if not match:
            continue
        core, now, before = int(match[1]), float(match[2]), int(match[3])
        if core in since:
            yield core, since[core], now, IDLE if before == 0 else of_threads.get(before, NOT_OF_THE_RUN)
        since[core] = now


def shares(spans: list[Span]) -> dict[str, float]:
    """Returns each role's share of all cores' time."""
    sums: defaultdict[str, float] = defaultdict(float)
    for _, begin, end, role in spans:
        sums[role] += end - begin
    total = sum(sums.values())
    return {role: seconds / total for role, seconds in sorted(sums.items(), key=lambda item: -item[1])}


def write_trace(spans: list[Span], file: Path) -> None:
    """Writes spans in Chrome's trace event format, with a row for each core."""
    first = min(begin for _, begin, _, _ in spans)
    events = [
        {"name": role, "ph": "X", "pid": 0, "tid": core, "ts": 1e6 * (begin - first), "dur": 1e6 * (end - begin)}
        for core, begin, end, role in spans
        if role != IDLE
    ]
    with gzip.open(file, "wt") as out:
        json.dump({"traceEvents": events}, out)


def draw(spans: list[Span], file: Path) -> None:
    """Draws SHOWN_SECONDS of every core, and the shares of the whole record."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    cores = sorted({core for core, *_ in spans})
    first = min(begin for _, begin, _, _ in spans) + RECORD_SECONDS / 2
    figure, (line, whole) = plt.subplots(2, 1, figsize=(11, 4.5), layout="constrained", height_ratios=[len(cores), 1])
    for core, begin, end, role in spans:
        if role != IDLE and end > first and begin < first + SHOWN_SECONDS:
            line.barh(core, 1000 * (end - begin), left=1000 * (begin - first), color=COLORS[role], height=0.8)
    line.set(xlim=(0, 1000 * SHOWN_SECONDS), yticks=cores, yticklabels=[f"core {core}" for core in cores])
    line.set_xlabel("ms")
    left = 0.0
    for role, share in shares(spans).items():
        whole.barh(
            0, 100 * share, left=left, color=COLORS.get(role, "white"), edgecolor="#999999", label=f"{role} {share:.0%}"
        )
        left += 100 * share
    whole.set(xlim=(0, 100), yticks=[0], yticklabels=["all"], xlabel=f"% of {RECORD_SECONDS:.0f} s")
    figure.legend(*whole.get_legend_handles_labels(), loc="outside upper center", ncols=4, fontsize=10)
    save(figure, file)


def main() -> None:
    spans = record()
    write_trace(spans, TRACE)
    draw(spans, PICTURE)
    for role, share in shares(spans).items():
        print(f"{share:6.1%} {role}")
    print(f"written to {TRACE} and {PICTURE}")


if __name__ == "__main__":
    main()
