"""Kills parts that hang, so that they are restarted like those that die."""

import math
import threading
import time
from collections.abc import Callable
from typing import Any

import ray

from actors.rollout.rollout import actor_name
from cluster.metrics.faults import Faults

_EVERY_SECONDS = 1.0


class Watchdog:
    """A context with a thread that checks the parts of a run for signs of life.

    The learners and the parameter server must answer a call. A rollout actor must either answer one, as it does between
    two samples, or poll the parameter server, as it does within a sample.
    """

    def __init__(
        self,
        parts: Callable[[], dict[str, tuple[Any, str]]],
        rollout_actors: Callable[[], dict[int, Any]],
        server: Any,
        limit: float,
        faults: Faults,
    ) -> None:
        """
        Args:
            parts: returns (actor, method to call) by the part's name; the method returns its seconds of silence, or
                anything else.
            rollout_actors: returns the running ones, by index.
            server: actor of the parameter server.
            limit: seconds of silence after which a part is killed.
        """
        self._parts = parts
        self._rollout_actors = rollout_actors
        self._server = server
        self._limit = limit
        self._faults = faults
        self._silence: dict[str, float] = {}
        self._requests: dict[str, tuple[ray.ObjectRef, float]] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    def silence(self) -> dict[str, float]:
        """Returns the seconds since each part's last sign of life, as of the last check."""
        return self._silence

    def __enter__(self) -> "Watchdog":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(_EVERY_SECONDS):
            self._look()

    def _look(self) -> None:
        silence = {}
        for name, (actor, method) in self._parts().items():
            answer, waited = self._poll(name, actor, method)
            silence[name] = silent = max(waited, answer if isinstance(answer, float) else 0.0)
            if silent > self._limit:
                self._end(name, actor, silent)
        heard, _ = self._poll("heartbeats", self._server, "heartbeats")
        if heard is None:
            self._silence = self._silence | silence
            return
        for index, actor in self._rollout_actors().items():
            name = f"rollout actor {index}"
            _, waited = self._poll(name, actor, "ping")
            silence[name] = silent = min(waited, heard.get(actor_name(index), math.inf))
            if silent > self._limit:
                self._end(name, actor, silent)
        self._silence = silence

    def _poll(self, name: str, actor: Any, method: str) -> tuple[Any, float]:
        """Returns a part's answer, None if there is none yet, and the seconds waited for it so far."""
        if name not in self._requests:
            self._requests[name] = getattr(actor, method).remote(), time.monotonic()
        ref, since = self._requests[name]
        try:
            if not ray.wait([ref], timeout=0)[0]:
                return None, time.monotonic() - since
            del self._requests[name]
            return ray.get(ref), 0.0
        except ray.exceptions.RayError:
            # It died, which its keeper notices.
            return None, 0.0

    def _end(self, name: str, actor: Any, silent: float) -> None:
        self._requests.pop(name, None)
        self._faults.count("silent_parts_total")
        self._faults.warn(f"the {name} gave no sign of life for {silent:.0f} s; it is replaced")
        ray.kill(actor, no_restart=False)
