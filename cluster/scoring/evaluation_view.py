"""The output of an evaluation while it plays."""

import time
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn

from actors.agents.evaluator import Outcome
from cluster.scoring.bar import Bar

_SECONDS_BETWEEN_LINES = 5.0


class EvaluationView(Bar):
    """Shows the number of finished episodes, the speed, and the mean score so far."""

    def __init__(self, episodes: int, console: Console | None = None) -> None:
        self._episodes = episodes
        self._scores: list[float] = []
        self._steps = 0
        self._begin = time.monotonic()
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("episodes"),
            TextColumn("{task.fields[text]}"),
        )
        super().__init__("evaluate", episodes, columns, _SECONDS_BETWEEN_LINES, console, text="starting emulators")

    def add(self, ended: Sequence[Outcome], steps: int) -> None:
        """Adds outcomes and steps since the last call."""
        self._scores += [outcome.score for outcome in ended]
        self._steps += steps
        now = time.monotonic()
        if self._steps == steps:
            # The first steps: from here on the speed is that of the emulators, not of their start.
            self._begin = now
        speed = f"{(self._steps) / max(now - self._begin, 0.5):,.0f} steps/s"
        score = f"score {sum(self._scores) / len(self._scores):,.0f}" if self._scores else "score –"
        line = f"{len(self._scores):>6,}/{self._episodes:,} episodes  {self._steps:,} steps  {speed}  {score}"
        self.show(len(self._scores), f"{speed}  {score}", line)
