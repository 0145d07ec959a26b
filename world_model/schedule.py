"""The world model's learning rate over its updates."""

from dataclasses import dataclass

SLOW = 0.01
"""Factor on the learning rate after `slow_after` updates."""


@dataclass(frozen=True)
class LearningRate:
    """Linear warm-up, then constant, then a hundredth after `slow_after` updates, then 0 after `freeze_after`.

    The policy learns little while the world model changes fast; that is why the world model can be slowed and frozen.
    """

    rate: float
    warm_up_updates: int
    slow_after: int | None = None
    freeze_after: int | None = None

    def at(self, updates: int) -> float:
        """Returns the learning rate of the next update after a number of updates."""
        if self.frozen(updates):
            return 0.0
        warm = min(1.0, (updates + 1) / max(1, self.warm_up_updates))
        slow = SLOW if self.slow_after is not None and updates >= self.slow_after else 1.0
        return self.rate * warm * slow

    def frozen(self, updates: int) -> bool:
        return self.freeze_after is not None and updates >= self.freeze_after
