"""What died or fell silent in a run and was replaced: counted, and told."""

import math
import time
from collections.abc import Callable
from typing import Any

from cluster.metrics.catalogue import FAULTS

_AGAIN_SECONDS = 60.0


class Faults:
    """The counters of the catalogue's faults; they outlive the run's resumes."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """
        Args:
            say: tells whoever watches the run, from any thread.
        """
        self._say = say
        self._last: dict[str, float] = {}
        self._counters = dict.fromkeys(FAULTS, 0)

    def count(self, counter: str, times: int = 1) -> None:
        self._counters[counter] += times

    def say(self, what: str) -> None:
        """Something that is no fault."""
        self._say(what)

    def tell(self, what: str) -> None:
        """What goes on for long is told once a minute."""
        now = time.monotonic()
        if now - self._last.get(what, -math.inf) > _AGAIN_SECONDS:
            self._last[what] = now
            self._say(f"warning: {what}")

    def row(self) -> dict[str, int]:
        """The counters, by name."""
        return dict(self._counters)

    def get_state(self) -> dict[str, Any]:
        return self.row()

    def set_state(self, state: dict[str, Any]) -> None:
        self._counters.update(state)
