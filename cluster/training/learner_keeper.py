"""The driver's side of the world-model learner: asks its Ray actor, and starts it again when its process was killed."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import ray

from cluster.metrics.faults import Faults
from world_model.published.weights import Weights

_ASK_SECONDS = 1.0
_STATE_SECONDS = 300.0


class LearnerKeeper:
    """Ray restarts the process of a `LearnerLoop`; what it knew comes back from here.

    It goes on with the optimisers of the last state that was asked for, which is the last checkpoint's, and with the
    weights that were published last. What it learned since is lost, and so are the sequences in its pool.
    """

    def __init__(self, actor: Any, newest: Callable[[], Weights | None], faults: Faults) -> None:
        """
        Args:
            actor: the handle.
            newest: gives the weights published last.
        """
        self.actor = actor
        self._newest = newest
        self._faults = faults
        self._state: dict[str, Any] | None = None
        self._metrics: dict[str, Any] = {}
        self._request: ray.ObjectRef | None = None
        self._starting: ray.ObjectRef | None = None

    def start(self, state: dict[str, Any] | None, weights: Weights | None = None) -> None:
        """Lets it start from what `get_state` gave, or with these weights, without waiting."""
        self._state = state
        self._starting = self.actor.start.remote(state, weights)

    def wait_until_started(self) -> None:
        ray.get(self._starting)

    def get_metrics(self) -> dict[str, Any]:
        """The learner's newest metrics; while it is busy or being started anew, the ones before.

        Raises:
            ray.exceptions.RayError: it failed by itself: a bug; or its process died again and again.
        """
        if self._request is None:
            self._request = self.actor.get_metrics.remote()
        if ray.wait([self._request], timeout=_ASK_SECONDS)[0]:
            request, self._request = self._request, None
            try:
                metrics = ray.get(request)
            except ray.exceptions.ActorUnavailableError:
                return self._metrics
            if metrics is None:
                self._start_again()
            else:
                self._metrics = metrics
        return self._metrics

    def get_state(self) -> dict[str, Any]:
        """What a checkpoint needs; waits for it.

        Raises:
            TimeoutError: it does not answer.
        """
        deadline = time.monotonic() + _STATE_SECONDS
        while time.monotonic() < deadline:
            try:
                state = ray.get(self.actor.get_state.remote(), timeout=_STATE_SECONDS)
            except (ray.exceptions.ActorUnavailableError, ray.exceptions.GetTimeoutError):
                state = None
            if state is not None:
                self._state = state
                return state
            self.get_metrics()
            time.sleep(0.2)
        raise TimeoutError(f"the world-model learner gave no state for {_STATE_SECONDS:.0f} s")

    def stop(self) -> None:
        """Ends it after the update under way."""
        # One that died, or was asked to stop twice, is not ours to mourn: the run is at its end.
        with suppress(ray.exceptions.RayError):
            ray.get(self.actor.stop.remote())

    def _start_again(self) -> None:
        if self._starting is not None and not ray.wait([self._starting], timeout=0)[0]:
            return
        self._faults.count("world_model_learner_restarts_total")
        self._faults.tell(
            "the world-model learner's process died; a new one goes on with the weights published last"
            f" ({self._metrics.get('weights_version', 0)})"
        )
        self._starting = self.actor.start.remote(self._state, self._newest(), self._metrics or None)
