"""The mean of a stream that changes slowly."""

import numpy as np

_MEMORY = 20_000.0
"""Values after which one weighs 1/e of what the newest weighs."""


class RunningMean:
    """An exponentially weighted mean of all values so far: that of the first few is their plain mean."""

    def __init__(self) -> None:
        self._sum, self._weight = 0.0, 0.0

    def add(self, values: np.ndarray) -> None:
        """float [N], N from 0 on."""
        kept = float(np.exp(-values.size / _MEMORY))
        self._sum = kept * self._sum + float(values.sum())
        self._weight = kept * self._weight + values.size

    @property
    def mean(self) -> float:
        """0 before the first value."""
        return self._sum / self._weight if self._weight else 0.0

    def get_state(self) -> list[float]:
        return [self._sum, self._weight]

    def set_state(self, state: list[float]) -> None:
        self._sum, self._weight = state
