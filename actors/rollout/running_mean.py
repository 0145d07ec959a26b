"""An exponentially weighted mean of a stream of values."""

import numpy as np

_MEMORY = 20_000.0
"""Number of values after which a value's weight has fallen to 1/e of the newest one's."""


class RunningMean:
    """An exponentially weighted mean of all values so far; at the beginning it is their plain mean."""

    def __init__(self) -> None:
        self._sum, self._weight = 0.0, 0.0

    def add(self, values: np.ndarray) -> None:
        """Adds values, float [N]; N may be 0."""
        kept = float(np.exp(-values.size / _MEMORY))
        self._sum = kept * self._sum + float(values.sum())
        self._weight = kept * self._weight + values.size

    @property
    def mean(self) -> float:
        """The mean; 0 before the first value."""
        return self._sum / self._weight if self._weight else 0.0

    def get_state(self) -> list[float]:
        return [self._sum, self._weight]

    def set_state(self, state: list[float]) -> None:
        self._sum, self._weight = state
