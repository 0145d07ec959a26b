"""make bench: every part's throughput, and its ratio to the bare emulator on the same cores in the same run.

On Airstriker, which comes with stable-retro, so that anybody can compare; and how much faster Windup is.

The bare loop is measured in turn with each part, in slices of seconds.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks import remote_emulators
from benchmarks.worker import FRAME_SKIP
from cluster.config import TrainConfig

SLICE_SECONDS, SLICES = 2.0, 20
LEVEL = "Airstriker-Genesis-v0/Level1"
WINDUP_LEVEL = "Windup-Genesis-v0/TrainYard.Act4"
EMULATORS = TrainConfig().actors * TrainConfig().emulators_per_actor
TRAIN_STEPS = 24_000
SEED_STEPS_PER_SECOND = 25.0
"""Of the 2018 entry, world-models-sonic-pytorch, on one GPU."""
RESULT = Path("bench.json")


@dataclass(frozen=True)
class Result:
    """Steps a second of a part, of the bare loop on all cores around it, and the median of their ratios."""

    part: str
    steps_per_second: float
    bare_steps_per_second: float
    ratio: float


class Workers:
    """Processes that work at the same time, a slice at a time."""

    def __init__(self, kind: str, processes: int, emulators: int = 0, level: str = LEVEL) -> None:
        command = [sys.executable, "-m", "benchmarks.worker", kind, str(SLICE_SECONDS), str(emulators), level]
        self._processes = [
            subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=os.environ | {"OMP_NUM_THREADS": "1"},
            )
            for _ in range(processes)
        ]
        for process in self._processes:
            if _line(process) != "ready":
                raise RuntimeError(f"{' '.join(command)} does not start; run it to see why")

    def rate(self) -> float:
        """Steps a second of all together over one slice."""
        for process in self._processes:
            assert process.stdin
            process.stdin.write("\n")
            process.stdin.flush()
        return sum(float(_line(process)) for process in self._processes)

    def close(self) -> None:
        for process in self._processes:
            process.communicate()


def compare(part: str, workers: Workers, bare: Workers) -> Result:
    """Slices of the part and of the bare loop in turn: the machine's speed changes from one second to the next."""
    around = [bare.rate()]
    rates = []
    for _ in range(SLICES):
        rates.append(workers.rate())
        around.append(bare.rate())
    workers.close()
    between = [(before + after) / 2 for before, after in pairwise(around)]
    ratios = [rate / beside for rate, beside in zip(rates, between, strict=True)]
    return Result(part, median(rates), median(around), median(ratios))


def measure_training(levels: str = LEVEL, more: Sequence[str] = ()) -> float:
    """Steps a second of `sonic-worlds train` with its defaults, from the end of the first iteration on."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["train", "--runs-dir", folder, "--name", "bench"]
        words += ["--steps", str(TRAIN_STEPS), "--levels", levels, *more]
        subprocess.run(
            [sys.executable, "-c", "from cluster.cli import main; main()", *words],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        lines = (Path(folder) / "bench" / "metrics.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    return (rows[-1]["steps_total"] - rows[0]["steps_total"]) / sum(row["iteration_seconds"] for row in rows[1:])


def measure_metrics() -> float:
    """See `benchmarks.metrics_overhead`; in a process of its own, for it starts Ray."""
    command = [sys.executable, "-m", "benchmarks.metrics_overhead"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return float(done.stdout.splitlines()[-1])


def _line(worker: "subprocess.Popen[str]") -> str:
    assert worker.stdout
    return worker.stdout.readline().strip()


def main() -> None:
    cores = len(os.sched_getaffinity(0))
    console = Console()
    bare = Workers("bare", cores)
    parts = {
        "emulator pool": lambda: Workers("pool", 1, EMULATORS),
        "pool, latents, policy, curiosity": lambda: Workers("rollout", cores, EMULATORS // cores),
        "bare em.step() loop on Windup": lambda: Workers("bare", cores, level=WINDUP_LEVEL),
    }
    results = []
    for part, start in parts.items():
        console.print(f"measuring: {part}", style="dim")
        results.append(compare(part, start(), bare))
    console.print("measuring: whole training runs", style="dim")
    before = bare.rate()
    training = measure_training()
    around = (before + bare.rate()) / 2
    results.append(Result("whole training run", training, around, training / around))
    windup_training = measure_training("windup-train")
    bare.close()
    console.print("measuring: metrics, with and without", style="dim")
    with_metrics = measure_metrics()
    console.print("measuring: emulators behind gym-remote", style="dim")
    remote = remote_emulators.measure()
    gym_retro = remote_emulators.GYM_RETRO
    if gym_retro:
        words = ["--emulator", "gym-remote", "--emulator.host-command", gym_retro]
        gym_retro_training = measure_training("windup-train", words)
        remote["training run on 47 levels, gym-retro 0.8.0 hosts"] = {
            "steps_per_second": gym_retro_training,
            "ratio": gym_retro_training / windup_training,
        }
    first_bare = results[0].bare_steps_per_second

    table = Table(
        "part", "steps/s", "frames/s", "ratio to the bare loop", title=f"{cores} cores, {EMULATORS} emulators"
    )
    table.add_row("bare em.step() loop, per core", *_rates(first_bare / cores), "")
    table.add_row("bare em.step() loop, all cores", *_rates(first_bare), "1.00")
    for result in results:
        table.add_row(result.part, *_rates(result.steps_per_second), f"{result.ratio:.2f}")
    table.add_row("whole training run on Windup's 47 levels", *_rates(windup_training), "")
    console.print(table)
    console.print(remote_emulators.table(remote))
    console.print(f"a rollout actor with all metrics: {with_metrics:.3f} of its speed without")
    seed = results[-1].steps_per_second / SEED_STEPS_PER_SECOND
    console.print(f"whole training run: {seed:.1f} times the 2018 entry's {SEED_STEPS_PER_SECOND:.0f} steps/s")
    temporary = RESULT.with_suffix(".tmp")
    content = {
        "cores": cores,
        "emulators": EMULATORS,
        "bare_steps_per_second": first_bare,
        "parts": [asdict(result) for result in results],
        "times_the_2018_entry": seed,
        "windup_training_steps_per_second": windup_training,
        "speed_with_metrics": with_metrics,
        "remote_emulators": remote,
    }
    temporary.write_text(json.dumps(content, indent=1))
    os.replace(temporary, RESULT)
    console.print(f"written to {RESULT}")


def _rates(steps_per_second: float) -> tuple[str, str]:
    return f"{steps_per_second:,.0f}", f"{FRAME_SKIP * steps_per_second:,.0f}"


if __name__ == "__main__":
    main()
