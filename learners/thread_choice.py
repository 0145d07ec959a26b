"""Chooses a number of threads by what takes less time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch

_TRIED_EVERY = 16
"""Of so many pieces of work, one is done with the number of threads that was slower."""
_NEWEST = 0.5
"""Weight of the newest time in the mean of a number's times."""


class ThreadChoice:
    """Chooses between one thread of torch and several, for pieces of work of one size.

    Several threads are faster as long as their cores are idle, and slower than one where others need these cores; both
    change along a run.
    """

    def __init__(self, several: int) -> None:
        """
        Args:
            several: number of threads; 1: there is no choice.
        """
        self._threads = (1, several)
        # Mean of the times of each number of threads that was tried.
        self._seconds: dict[int, float] = {}
        self._pieces = 0

    @contextmanager
    def timed(self) -> Iterator[None]:
        """A context of a piece of work, with the threads that are chosen for it."""
        threads = self._chosen()
        torch.set_num_threads(threads)
        begin = time.perf_counter()
        yield
        spent = time.perf_counter() - begin
        before = self._seconds.get(threads, spent)
        self._seconds[threads] = before + _NEWEST * (spent - before)
        self._pieces += 1

    def _chosen(self) -> int:
        for threads in self._threads:
            if threads not in self._seconds:
                return threads
        end = max if self._pieces % _TRIED_EVERY == 0 else min
        return end(self._threads, key=self._seconds.__getitem__)
