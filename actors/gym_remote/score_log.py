"""What a contest's environment writes down: the return of each episode, and the pace of its steps."""

from __future__ import annotations

import os
import time

_EVERY = 1000


class ScoreLog:
    """`monitor.csv`: r,l,t of each episode that ended, its return, steps, and the seconds since the start; if none
    ended, of the one under way at the end. `log.csv`: l,t each 1,000 steps.
    """

    def __init__(self, folder: str | None) -> None:
        """
        Args:
            folder: for the two files; None: they are not written.

        Raises:
            OSError: it cannot be used.
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
        """An episode begins."""
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
