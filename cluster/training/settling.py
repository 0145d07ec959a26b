"""Decides when the policy begins anew: once, when the world model stands still."""

from typing import Any

from cluster.config.config import TrainConfig
from cluster.run.beginning import Beginning


class Settling:
    """Notices that the world model has made its last update.

    What a policy learns while its latents keep changing may hold it back on those that stay (compare the resets of
    Nikishin et al., arXiv 2205.07802, section 4). So with `begins_anew` a policy that began at random does so again.

    Attributes:
        settled: whether the world model has made its last update, or the policy is kept whatever it does.
    """

    def __init__(self, config: TrainConfig, beginning: Beginning | None, settled: bool) -> None:
        """
        Args:
            beginning: of the run; a policy that was trained before is kept.
            settled: the attribute when the run was saved; False for a new run.
        """
        self._last = config.world_model.freeze_after
        self._begins_anew = config.policy.begins_anew
        kept = beginning is not None and beginning.policy is not None
        self.settled = settled or kept or self._is_last(0)

    def happens(self, metrics: dict[str, Any]) -> bool:
        """Returns whether the policy is to begin anew: the world model has settled since the last call.

        Args:
            metrics: of the world-model learner.
        """
        before = self.settled
        self.settled = before or self._is_last(metrics.get("world_model_updates_total", 0))
        return self._begins_anew and self.settled and not before

    def _is_last(self, updates: int) -> bool:
        return self._last is not None and updates >= self._last
