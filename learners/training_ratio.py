"""Keeps learning in proportion to sampling."""


class TrainingRatio:
    """Grants updates so that the number of steps in batches stays `ratio` times the number of sampled steps.

    At most `max_debt` updates are due at a time: what a learner that cannot keep up misses beyond that is dropped, and
    the ratio that it reaches is reported.
    """

    def __init__(self, ratio: float, steps_per_update: int, max_debt: int) -> None:
        if ratio <= 0 or steps_per_update <= 0 or max_debt <= 0:
            raise ValueError("ratio, steps_per_update and max_debt must be above 0")
        self.ratio = ratio
        self.steps_per_update = steps_per_update
        self.max_debt = max_debt
        self._credit = 0.0

    def add_steps(self, steps: int) -> None:
        """Adds sampled steps."""
        self._credit = min(self._credit + steps * self.ratio, float(self.max_debt * self.steps_per_update))

    @property
    def owed(self) -> int:
        """Number of updates that are due."""
        return int(self._credit // self.steps_per_update)

    def count_update(self) -> None:
        self._credit -= self.steps_per_update

    def get_state(self) -> float:
        return self._credit

    def set_state(self, state: float) -> None:
        self._credit = state
