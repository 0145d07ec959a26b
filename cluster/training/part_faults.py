"""Counts and reports the failures that a run's parts find in themselves."""

from typing import Any

from actors.rollout.env_runner import REPORTS
from cluster.metrics.faults import Faults
from learners.iteration import Iteration

_SKIPPED, _DIVERGENCES = "world_model_updates_skipped_total", "world_model_divergences_total"
_COUNTERS = {"store_failures_total", "weights_refused_total", _SKIPPED, _DIVERGENCES}
"""Metrics of learner and parameter server that count faults."""
_SKIPS = "updates of the {} are left out: their loss or gradients are not finite"
_RETURNS = "the {} diverges; it went back to its last sound weights and begins to optimise anew"
_NO_WAY_ON = "the {} diverges again and again from its last sound weights; lower --{}.learning-rate"


class PartFaults:
    """Passes the parts' failures to the run's faults.

    Attributes:
        diverged: why training cannot go on; None if it can.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._counts: dict[tuple[str, str], int] = {}
        self._noted: set[str] = set()
        self.diverged: str | None = None

    def add_iteration(self, iteration: Iteration) -> None:
        """Adds the faults of actors and the policy's learner in an iteration."""
        for report in iteration.runners[REPORTS]:
            if refused := report["tally"].weights_refused:
                self._faults.count("weights_refused_total", refused)
                self._faults.warn(
                    "an actor refused a version whose digest is not its maker's; it goes on with the one before"
                )
            if zeroed := report["tally"].not_finite:
                self._faults.count("steps_not_finite_total", zeroed)
                self._faults.warn("an actor met latents, logits or rewards that are not finite; they count as 0")
        for setback in iteration.setbacks:
            self._add_setback("ppo", "policy", setback.skipped, setback.returns, setback.diverged)

    def take_from(self, learner: dict[str, Any], server: dict[str, Any], notes: list[str]) -> dict[str, Any]:
        """Adds the failures in metrics of world-model learner and parameter server; returns the other metrics of both.

        Args:
            learner, server: metrics.
            notes: all notes of the parameter server.
        """
        learner, server = dict(learner), dict(server)
        for metrics, part in ((learner, "world-model learner"), (server, "parameter server")):
            grown = {key: self._grown(part, key, int(metrics.pop(key))) for key in _COUNTERS & metrics.keys()}
            skipped, returns = grown.pop(_SKIPPED, 0), grown.pop(_DIVERGENCES, 0)
            diverged = metrics.pop("world_model_diverged", False)
            self._add_setback("world_model", "world-model", skipped, returns, diverged)
            for counter, count in grown.items():
                self._faults.count(counter, count)
        for note in notes:
            if note not in self._noted:
                self._noted.add(note)
                self._faults.warn(note)
        return learner | server

    def add_valkey_restart(self) -> None:
        self._faults.count("valkey_restarts_total")
        self._faults.warn("the private Valkey died; it is started again on the same data")

    def _add_setback(self, learner: str, flag: str, skipped: int, returns: int, diverged: bool) -> None:
        name = "policy" if learner == "ppo" else "world model"
        self._faults.count(f"{learner}_updates_skipped_total", skipped)
        self._faults.count(f"{learner}_divergences_total", returns)
        if skipped:
            self._faults.warn(_SKIPS.format(name))
        if returns:
            self._faults.warn(_RETURNS.format(name))
        if diverged:
            self.diverged = _NO_WAY_ON.format(name, flag)

    def _grown(self, part: str, counter: str, count: int) -> int:
        """Returns the rise of a part's counter since the last call; a restarted part counts from 0."""
        before = self._counts.get((part, counter), 0)
        self._counts[part, counter] = count
        return count - before if count >= before else count
