"""When a learner's updates give numbers that are not finite: how long to go on, when to go back, when to give up."""

_MOST_SKIPPED = 5
"""Updates left out in a row, at most. A bad batch is over with the next update; five are the weights' fault."""
_MOST_RETURNS = 3
"""Returns in a row, at most, with nothing in between that was worth keeping: then the settings are to blame."""


class Setbacks:
    """Counts steps that were left out, and returns to the last weights that were sound.

    Attributes:
        skipped, returns: all of them.
    """

    def __init__(self) -> None:
        self.skipped = self.returns = 0
        self._skipped_in_a_row = self._returns_in_a_row = 0

    @property
    def diverged(self) -> bool:
        """Going back has not helped: there is no sense in going on."""
        return self._returns_in_a_row >= _MOST_RETURNS

    def count(self, stepped: bool, skipped: int) -> bool:
        """An update has ended; whether it is time to go back.

        Args:
            stepped: it made a step.
            skipped: how many were left out.
        """
        self.skipped += skipped
        self._skipped_in_a_row = 0 if stepped else self._skipped_in_a_row + 1
        return self._skipped_in_a_row >= _MOST_SKIPPED

    def went_back(self) -> None:
        """Counts a return to the last sound weights, with optimisers that begin anew."""
        self.returns += 1
        self._returns_in_a_row += 1
        self._skipped_in_a_row = 0

    def kept(self) -> None:
        """New sound weights are there to go back to."""
        self._returns_in_a_row = 0
