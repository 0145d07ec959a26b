"""Counts and reports faults of a run: parts that died or hung and were replaced, and writes that failed."""

import math
import time
from collections.abc import Callable
from typing import Any

from cluster.metrics.catalogue import FAULTS

_AGAIN_SECONDS = 60.0


class Faults:
    """The counters of the catalogue's faults, which a resume continues."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """
        Args:
            say: prints a line for the user; may be called from any thread.
        """
        self._say = say
        self._last: dict[str, float] = {}
        self._counters = dict.fromkeys(FAULTS, 0)

    def count(self, counter: str, times: int = 1) -> None:
        self._counters[counter] += times

    def say(self, what: str) -> None:
        """Prints a line that is no fault."""
        self._say(what)

    def warn(self, what: str) -> None:
        """Prints a warning, at most once a minute for one text."""
        now = time.monotonic()
        if now - self._last.get(what, -math.inf) > _AGAIN_SECONDS:
            self._last[what] = now
            self._say(f"warning: {what}")

    def row(self) -> dict[str, int]:
        """Returns the counters by name."""
        return dict(self._counters)

    def get_state(self) -> dict[str, Any]:
        return self.row()

    def set_state(self, state: dict[str, Any]) -> None:
        self._counters.update(state)
