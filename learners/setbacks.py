"""Decides, after updates with numbers that are not finite, when to return to sound weights, and when to give up."""

_MOST_SKIPPED = 5
"""Skipped updates in a row after which the weights are at fault; a bad batch is over with the next update."""
_MOST_RETURNS = 3
"""Returns in a row, without sound weights in between, after which the settings are at fault."""


class Setbacks:
    """Counts skipped steps, and the returns to the last sound weights.

    Attributes:
        skipped: number of skipped steps.
        returns: number of returns.
    """

    def __init__(self) -> None:
        self.skipped = self.returns = 0
        self._skipped_in_a_row = self._returns_in_a_row = 0

    @property
    def diverged(self) -> bool:
        """Whether returns have not helped, and training cannot go on."""
        return self._returns_in_a_row >= _MOST_RETURNS

    def count(self, stepped: bool, skipped: int) -> bool:
        """Counts an update; returns whether it is time to return to sound weights.

        Args:
            stepped: whether it made a step.
            skipped: number of steps that it skipped.
        """
        self.skipped += skipped
        self._skipped_in_a_row = 0 if stepped else self._skipped_in_a_row + 1
        return self._skipped_in_a_row >= _MOST_SKIPPED

    def went_back(self) -> None:
        """Counts a return to the last sound weights."""
        self.returns += 1
        self._returns_in_a_row += 1
        self._skipped_in_a_row = 0

    def kept(self) -> None:
        """Notes that there are new sound weights."""
        self._returns_in_a_row = 0
