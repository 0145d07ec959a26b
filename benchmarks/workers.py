"""Measures processes in turns, because the machine's speed changes from one second to the next."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

SLICE_SECONDS = 2.0


class Workers:
    """Processes of one kind that work at the same time, a slice at a time.

    Each prints `ready` once it is; for every line of input it works for a slice, and prints its rate per second.
    """

    def __init__(self, words: Sequence[str], processes: int, environment: Mapping[str, str]) -> None:
        """
        Args:
            words: the command after `python -m`.
            processes: number of processes.
            environment: further variables.
        """
        self._processes = [
            subprocess.Popen(
                [sys.executable, "-m", *words],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env=os.environ | environment,
            )
            for _ in range(processes)
        ]
        for process in self._processes:
            if _line(process) != "ready":
                raise RuntimeError(f"python -m {' '.join(words)} does not start; run it to see why")

    def rate(self) -> float:
        """Works for one slice; returns the rate per second of all together."""
        for process in self._processes:
            assert process.stdin
            process.stdin.write("\n")
            process.stdin.flush()
        return sum(float(_line(process)) for process in self._processes)

    def close(self) -> None:
        for process in self._processes:
            process.communicate()


def level_workers(kind: str, processes: int, emulators: int, level: str) -> Workers:
    """Starts processes of a kind of `benchmarks.worker`, which count steps."""
    words = ["benchmarks.worker", kind, str(SLICE_SECONDS), str(emulators), level]
    return Workers(words, processes, {"OMP_NUM_THREADS": "1"})


def in_turns(workers: Mapping[str, Workers], slices: int) -> dict[str, list[float]]:
    """Returns the rates by name, from slices of each in turn."""
    rates: dict[str, list[float]] = {name: [] for name in workers}
    for _ in range(slices):
        for name, each in workers.items():
            rates[name].append(each.rate())
    return rates


def _line(worker: "subprocess.Popen[str]") -> str:
    assert worker.stdout
    return worker.stdout.readline().strip()
