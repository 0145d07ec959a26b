"""Rates of counters over the last 10, 60 and 300 seconds."""

from collections import deque
from collections.abc import Mapping
from typing import Any

WINDOWS = (10, 60, 300)
"""Lengths of the windows, in seconds."""
RATES = {
    "steps": "steps_total",
    "frames": "frames_total",
    "world_model_updates": "world_model_updates_total",
    "world_model_steps": "world_model_steps_trained_total",
    "ppo_updates": "ppo_updates_total",
}
"""Counters by the name of their rate, `<name>_per_second_<window>s` in a row."""


class Throughput:
    """Computes rates from the rows of the last minutes."""

    def __init__(self, now: float, row: Mapping[str, Any]) -> None:
        """
        Args:
            now: seconds of a monotonic clock.
            row: the counters at the beginning; a missing one is 0.
        """
        self._seen: deque[tuple[float, dict[str, float]]] = deque()
        self._remember(now, row)

    def add(self, now: float, row: Mapping[str, Any]) -> dict[str, float]:
        """Adds a row and returns the rates, per second.

        A window begins at the newest row before it, so it may be longer; in a younger run, at the beginning.
        """
        self._remember(now, row)
        while len(self._seen) > 1 and self._seen[1][0] <= now - max(WINDOWS):
            self._seen.popleft()
        rates = {}
        for window in WINDOWS:
            begin, before = next((s for s in reversed(self._seen) if s[0] <= now - window), self._seen[0])
            for name, counter in RATES.items():
                rise = max(0.0, row.get(counter, 0) - before[counter])
                rates[f"{name}_per_second_{window}s"] = rise / (now - begin) if now > begin else 0.0
        return rates

    def _remember(self, now: float, row: Mapping[str, Any]) -> None:
        self._seen.append((now, {counter: row.get(counter, 0) for counter in RATES.values()}))
