"""The driver's side of the world-model learner's Ray actor, which is started again when its process was killed."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import ray

from cluster.metrics.faults import Faults
from world_model.published.weights import Weights

_WAIT_SECONDS = 1.0
_STATE_SECONDS = 300.0


class LearnerKeeper:
    """Restores the state of a `LearnerLoop` whose process Ray has restarted.

    It goes on with the optimisers of the last `get_state`, that of the last checkpoint, and with the weights that were
    published last. Later updates are lost, and so are the sequences in its pool.
    """

    def __init__(self, actor: Any, newest: Callable[[], Weights | None], faults: Faults) -> None:
        """
        Args:
            actor: handle of the Ray actor.
            newest: returns the weights that were published last.
            faults: of the run.
        """
        self.actor = actor
        self._newest = newest
        self._faults = faults
        self._state: dict[str, Any] | None = None
        self._metrics: dict[str, Any] = {}
        self._request: ray.ObjectRef | None = None
        self._starting: ray.ObjectRef | None = None

    def start(self, state: dict[str, Any] | None, weights: Weights | None = None) -> None:
        """Starts the learner from a state of `get_state`, or with weights, without waiting for it."""
        self._state = state
        self._starting = self.actor.start.remote(state, weights)

    def wait_until_started(self) -> None:
        ray.get(self._starting)

    def get_metrics(self) -> dict[str, Any]:
        """Returns the learner's newest metrics; the ones before if it is busy for a second, or restarts.

        Raises:
            ray.exceptions.RayError: it raised an error, or its process died too often.
        """
        if self._request is None:
            self._request = self.actor.get_metrics.remote()
        if ray.wait([self._request], timeout=_WAIT_SECONDS)[0]:
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
        """Waits for the learner's state, and returns it for a checkpoint.

        Raises:
            TimeoutError: the learner does not answer.
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
        """Ends the learner after its present update."""
        # It may have died, or be stopped twice: the run is at its end.
        with suppress(ray.exceptions.RayError):
            ray.get(self.actor.stop.remote())

    def _start_again(self) -> None:
        if self._starting is not None and not ray.wait([self._starting], timeout=0)[0]:
            return
        self._faults.count("world_model_learner_restarts_total")
        self._faults.warn(
            "the world-model learner's process died; a new one goes on with the weights published last"
            f" ({self._metrics.get('weights_version', 0)})"
        )
        self._starting = self.actor.start.remote(self._state, self._newest(), self._metrics or None)
