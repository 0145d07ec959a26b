"""Writes the trainer's checkpoints."""

import time
from collections.abc import Mapping
from typing import Any

from safetensors import SafetensorError

from cluster.metrics.faults import Faults
from cluster.run.checkpoints import Checkpoints
from cluster.training.parts import Parts, world_model_weights
from world_model.finite import NotFiniteError
from world_model.state_tree import not_finite, save_tree
from world_model.weights import save_weights

STATE = "state"
"""Name of the tree in a checkpoint that holds the run's state."""


class Saver:
    """Writes checkpoints, and measures the age and the duration of the newest one."""

    def __init__(self, checkpoints: Checkpoints, faults: Faults) -> None:
        self._checkpoints = checkpoints
        self._faults = faults
        # Before the first checkpoint the age counts from the process's start.
        self._saved_at = time.time()
        self._seconds: float | None = None

    def save(self, parts: Parts, kept: Mapping[str, Any], iteration: int, row: Mapping[str, Any]) -> bool:
        """Writes a checkpoint; returns whether it could be written. A failure is counted as a fault.

        Args:
            parts: of the run.
            kept: the trainer's own state, as a tree of arrays and scalars.
            iteration: number of the iteration that has just ended.
            row: the newest row of metrics.
        """
        begin = time.monotonic()
        tree = {"parts": parts.get_state(row["steps_total"]), **kept, "iteration": iteration}
        summary = {"steps_total": row["steps_total"], "score": row["extrinsic_return_mean"]}
        try:
            if at := not_finite(tree["parts"]):
                raise NotFiniteError(f"{at} has numbers that are not finite")
            with self._checkpoints.writing(iteration, summary) as folder:
                save_tree(folder, STATE, tree)
                save_weights(folder / "world_model.safetensors", parts.spec, world_model_weights(tree["parts"]))
        except (OSError, SafetensorError, NotFiniteError) as error:
            self._faults.count("checkpoint_failures_total")
            self._faults.warn(
                f"the checkpoint of iteration {iteration} cannot be written: {error}; older ones are kept"
            )
            return False
        self._saved_at, self._seconds = time.time(), time.monotonic() - begin
        return True

    def row(self) -> dict[str, float | None]:
        """Returns the metrics of the newest checkpoint; None before the first one."""
        return {"checkpoint_timestamp_seconds": self._saved_at, "checkpoint_seconds": self._seconds}
