"""Moving averages of the parts of a loss."""

_PAST = 0.98
"""Weight of the past in the moving averages."""


class Smoothed:
    """Averages the parts of a loss over updates.

    Attributes:
        values: averages by name, with three digits after the point.
    """

    def __init__(self) -> None:
        self._exact: dict[str, float] = {}

    def add(self, parts: dict[str, float]) -> None:
        for name, part in parts.items():
            self._exact[name] = _PAST * self._exact.get(name, part) + (1 - _PAST) * part

    @property
    def values(self) -> dict[str, float]:
        return {name: round(value, 3) for name, value in self._exact.items()}
