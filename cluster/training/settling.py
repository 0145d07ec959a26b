"""Decides when the policy begins anew: once, when the world model stands still."""

from typing import Any

from cluster.config.config import TrainConfig
from cluster.run.beginning import Beginning


class Settling:
    """Notices that the world model has made its last update.

    What a policy learns while its latents keep changing holds it back on those that stay (compare the resets of
    Nikishin et al., arXiv 2205.07802, section 4). So a policy that began at random begins at random again.
    """

    def __init__(self, config: TrainConfig, beginning: Beginning | None, settled: bool) -> None:
        """
        Args:
            beginning: of the run; a policy that was trained before is kept.
            settled: whether the world model had settled when the run was saved.
        """
        section = config.world_model
        self._last = section.freeze_after if config.policy.begins_anew else None
        kept = beginning is not None and beginning.policy is not None
        self.settled = settled or kept or self._is_last(0)

    def happens(self, metrics: dict[str, Any]) -> bool:
        """Returns whether the world model has settled since the last call.

        Args:
            metrics: of the world-model learner.
        """
        before = self.settled
        self.settled = before or self._is_last(metrics.get("world_model_updates_total", 0))
        return self.settled and not before

    def _is_last(self, updates: int) -> bool:
        return self._last is not None and updates >= self._last
