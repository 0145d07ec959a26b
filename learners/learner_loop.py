"""Runs the world-model learner beside the Ray calls that feed it."""

import threading
import time
from typing import Any

import torch

from learners.settings import WorldModelSettings
from learners.world_model_learner import Publish, WorldModelLearner
from world_model.published.weights import Weights
from world_model.sequences import Sequences
from world_model.spec import WorldModelSpec


class LearnerLoop:
    """A Ray actor with a thread for the updates, so that adding sequences never waits for an update.

    An exception in the thread is raised by the next call of `add`, `get_metrics` or `get_state`. Ray may restart the
    actor when its process dies: it then takes in sequences, but learns only after another call of `start`.
    """

    def __init__(
        self,
        spec: WorldModelSpec,
        settings: WorldModelSettings,
        publish: Publish,
        seed: int,
        measures_progress: bool = True,
    ) -> None:
        """Arguments as those of `WorldModelLearner`."""
        torch.set_num_threads(1)
        self._learner = WorldModelLearner(spec, settings, publish, seed, measures_progress)
        self._wake = threading.Condition()
        # When the newest update began.
        self._beat = time.monotonic()
        self._stopped = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="world-model-learner", daemon=True)

    def start(
        self,
        state: dict[str, Any] | None = None,
        weights: Weights | None = None,
        reported: dict[str, Any] | None = None,
    ) -> None:
        """As `WorldModelLearner.start`; then the thread begins to learn."""
        self._learner.start(state, weights, reported)
        self._beat = time.monotonic()
        self._thread.start()

    def add(self, sequences: Sequences) -> None:
        """Adds sequences to the pool and wakes the thread."""
        self._check()
        self._learner.add(sequences)
        with self._wake:
            self._wake.notify()

    def get_metrics(self) -> dict[str, Any] | None:
        """Returns the learner's metrics; None before `start`."""
        self._check()
        return self._learner.get_metrics() if self._thread.is_alive() else None

    def silence(self) -> float:
        """Returns seconds since the present update began; 0 if none is due, or it waits for the parameter server."""
        waits = self._learner.publishing or not self._learner.owed
        return time.monotonic() - self._beat if self._thread.is_alive() and not waits else 0.0

    def get_state(self) -> dict[str, Any] | None:
        """As `WorldModelLearner.get_state`; None before `start`."""
        self._check()
        return self._learner.get_state() if self._thread.is_alive() else None

    def stop(self) -> None:
        """Ends the thread after its present update."""
        with self._wake:
            self._stopped = True
            self._wake.notify()
        if self._thread.is_alive():
            self._thread.join()

    def _check(self) -> None:
        if self._error is not None:
            raise RuntimeError(f"the world-model learner failed: {self._error!r}") from self._error

    def _run(self) -> None:
        try:
            while True:
                with self._wake:
                    self._wake.wait_for(lambda: self._stopped or self._learner.owed > 0)
                    if self._stopped:
                        return
                self._beat = time.monotonic()
                self._learner.update()
        except BaseException as error:
            self._error = error
