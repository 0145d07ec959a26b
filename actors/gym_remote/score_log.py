"""Log files of a contest's environment: the return of each episode, and the pace of steps."""

from __future__ import annotations

import os
import time

_EVERY = 1000


class ScoreLog:
    """Writes `monitor.csv` and `log.csv`.

    `monitor.csv` has a row r,l,t for each finished episode: return, steps, seconds since the start. If none finished,
    the running episode gets a row at the end. `log.csv` has a row l,t every 1,000 steps.
    """

    def __init__(self, folder: str | None) -> None:
        """
        Args:
            folder: of the two files; None: nothing is written.

        Raises:
            OSError: the folder cannot be used.
        """
        self._begin = time.monotonic()
        self._monitor = self._log = None
        if folder is not None:
            os.makedirs(folder, exist_ok=True)
            # A line is there as soon as it is written.
            self._monitor = open(os.path.join(folder, "monitor.csv"), "w", buffering=1)  # noqa: SIM115
            self._log = open(os.path.join(folder, "log.csv"), "w", buffering=1)  # noqa: SIM115
            self._monitor.write("r,l,t\n")
            self._log.write("l,t\n")
        self._steps = self._episodes = 0
        self.reset()

    def reset(self) -> None:
        """Counts from zero for a new episode."""
        self._return = 0.0
        self._length = 0

    def step(self, reward: float, done: bool) -> None:
        self._steps += 1
        self._length += 1
        self._return += reward
        if done:
            self._write()
        if self._log and self._steps % _EVERY == 0:
            self._log.write(f"{self._steps},{self._seconds():.3f}\n")

    def close(self) -> None:
        if self._length and not self._episodes:
            self._write()
        for file in (self._monitor, self._log):
            if file:
                file.close()

    def _write(self) -> None:
        self._episodes += 1
        if self._monitor:
            self._monitor.write(f"{self._return},{self._length},{self._seconds():.3f}\n")

    def _seconds(self) -> float:
        return time.monotonic() - self._begin
