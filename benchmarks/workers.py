"""Processes that are measured in turns: the machine's speed changes from one second to the next."""

import os
import subprocess
import sys
from collections.abc import Mapping

SLICE_SECONDS = 2.0


class Workers:
    """Processes of one kind that work at the same time, a slice at a time; see `benchmarks.worker`."""

    def __init__(self, kind: str, processes: int, emulators: int, level: str) -> None:
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


def in_turns(workers: Mapping[str, Workers], slices: int) -> dict[str, list[float]]:
    """Steps a second by name, a slice of each in turn."""
    rates: dict[str, list[float]] = {name: [] for name in workers}
    for _ in range(slices):
        for name, each in workers.items():
            rates[name].append(each.rate())
    return rates


def _line(worker: "subprocess.Popen[str]") -> str:
    assert worker.stdout
    return worker.stdout.readline().strip()
