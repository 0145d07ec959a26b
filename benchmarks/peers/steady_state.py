"""Measures steps a second from the end of the first iteration on."""

import time


class SteadyState:
    """A measurement that leaves out start, first iteration and end, for every trainer alike."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._begin: tuple[float, int] | None = None
        self._rate = 0.0

    def iteration_ended(self, steps: int) -> bool:
        """Must be called with the number of steps of all environments so far; returns whether the time is up."""
        now = time.perf_counter()
        if self._begin is None:
            self._begin = now, steps
            return False
        seconds = now - self._begin[0]
        self._rate = (steps - self._begin[1]) / seconds
        return seconds >= self._seconds

    def show(self) -> None:
        """Prints the result, the last line of a peer's output."""
        print(f"{self._rate:.1f}", flush=True)
