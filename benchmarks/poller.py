"""An actor that only fetches weights, without torch and RLlib, so that 64 of them fit in memory."""

import time
from typing import Any

from actors.rollout.transport import RemoteWeights

STEP_SECONDS = 0.025
"""Seconds of a step of 12 emulators on a core; an actor looks for newer weights once in a step."""


class Poller:
    """A Ray actor that fetches newer weights as a rollout actor does, and does nothing else."""

    def __init__(self, server: Any, name: str) -> None:
        self._weights = RemoteWeights(server, name)
        self._using = 0

    def ready(self) -> None:
        return

    def work(self, newest: int) -> dict[int, float]:
        """Fetches versions up to `newest`; returns the time at which it got each one, on the machine's clock."""
        taken = {}
        while self._using < newest:
            newer = self._weights.newer(self._using)
            if newer is not None:
                self._using = newer[0]
                taken[self._using] = time.time()
            time.sleep(STEP_SECONDS)
        return taken
