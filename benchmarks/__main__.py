"""make bench: every part's throughput, and its ratio to the bare emulator on the same cores in the same run.

The bare loop is measured again beside each part, for a machine's speed can change from one minute to the next.
"""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.worker import FRAME_SKIP
from cluster.config import TrainConfig

SECONDS = 15.0
EMULATORS = TrainConfig().actors * TrainConfig().emulators_per_actor
TRAIN_STEPS = 24_000
SEED_STEPS_PER_SECOND = 25.0
"""Of the 2018 entry, world-models-sonic-pytorch, on one GPU."""
RESULT = Path("bench.json")


@dataclass(frozen=True)
class Result:
    """Steps a second of a part, and of the bare loop on all cores around it."""

    part: str
    steps_per_second: float
    bare_steps_per_second: float

    @property
    def ratio(self) -> float:
        return self.steps_per_second / self.bare_steps_per_second


def measure(kind: str, processes: int, emulators: int = 0, seconds: float = SECONDS) -> float:
    """Steps a second of so many worker processes together."""
    command = [sys.executable, "-m", "benchmarks.worker", kind, str(seconds), str(emulators)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    workers = [
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )
        for _ in range(processes)
    ]
    for worker in workers:
        if _line(worker) != "ready":
            raise RuntimeError(f"{' '.join(command)} does not start; run it to see why")
    for worker in workers:
        assert worker.stdin
        worker.stdin.write("\n")
        worker.stdin.flush()
    rates = [float(_line(worker)) for worker in workers]
    for worker in workers:
        worker.communicate()
    return sum(rates)


def measure_training(steps: int = TRAIN_STEPS) -> float:
    """Steps a second of `sonic-worlds train` with its defaults, from the end of the first iteration on."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["train", "--runs-dir", folder, "--name", "bench", "--steps", str(steps)]
        subprocess.run(
            [sys.executable, "-c", "from cluster.cli import main; main()", *words],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        lines = (Path(folder) / "bench" / "metrics.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    return (rows[-1]["steps_total"] - rows[0]["steps_total"]) / sum(row["iteration_seconds"] for row in rows[1:])


def _line(worker: "subprocess.Popen[str]") -> str:
    assert worker.stdout
    return worker.stdout.readline().strip()


def main() -> None:
    cores = len(os.sched_getaffinity(0))
    console = Console()
    parts = {
        "emulator pool": lambda: measure("pool", 1, EMULATORS),
        "pool, latents, policy, curiosity": lambda: measure("rollout", cores, EMULATORS // cores),
        "whole training run": measure_training,
    }
    results = []
    bare = first_bare = measure("bare", cores)
    for part, run in parts.items():
        console.print(f"measuring: {part}", style="dim")
        rate = run()
        again = measure("bare", cores)
        results.append(Result(part, rate, (bare + again) / 2))
        bare = again

    table = Table(
        "part", "steps/s", "frames/s", "ratio to the bare loop", title=f"{cores} cores, {EMULATORS} emulators"
    )
    table.add_row("bare em.step() loop, per core", *_rates(first_bare / cores), "")
    table.add_row("bare em.step() loop, all cores", *_rates(first_bare), "1.00")
    for result in results:
        table.add_row(result.part, *_rates(result.steps_per_second), f"{result.ratio:.2f}")
    console.print(table)
    seed = results[-1].steps_per_second / SEED_STEPS_PER_SECOND
    console.print(f"whole training run: {seed:.1f} times the 2018 entry's {SEED_STEPS_PER_SECOND:.0f} steps/s")
    temporary = RESULT.with_suffix(".tmp")
    content = {
        "cores": cores,
        "emulators": EMULATORS,
        "bare_steps_per_second": first_bare,
        "parts": [asdict(result) | {"ratio": result.ratio} for result in results],
        "times_the_2018_entry": seed,
    }
    temporary.write_text(json.dumps(content, indent=1))
    os.replace(temporary, RESULT)
    console.print(f"written to {RESULT}")


def _rates(steps_per_second: float) -> tuple[str, str]:
    return f"{steps_per_second:,.0f}", f"{FRAME_SKIP * steps_per_second:,.0f}"


if __name__ == "__main__":
    main()
