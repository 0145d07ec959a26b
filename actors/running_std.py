"""Running moments of a stream of batches."""

import numpy as np


class RunningStd:
    """The standard deviation of all values seen (the parallel algorithm of Chan et al., 1979)."""

    def __init__(self) -> None:
        self._count, self._mean, self._m2 = 0.0, 0.0, 0.0

    def add(self, values: np.ndarray) -> None:
        """float [N]."""
        n = float(values.size)
        mean = float(values.mean())
        delta = mean - self._mean
        total = self._count + n
        self._m2 += float(((values - mean) ** 2).sum()) + delta * delta * self._count * n / total
        self._mean += delta * n / total
        self._count = total

    @property
    def std(self) -> float:
        """1 before the first value."""
        return float(np.sqrt(self._m2 / self._count)) if self._count else 1.0

    def get_state(self) -> list[float]:
        return [self._count, self._mean, self._m2]

    def set_state(self, state: list[float]) -> None:
        self._count, self._mean, self._m2 = state
