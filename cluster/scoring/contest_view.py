"""The output of a contest while it is played."""

import time

from rich.console import Console
from rich.progress import BarColumn, TextColumn

from cluster.scoring.bar import Bar

_SECONDS_BETWEEN_LINES = 60.0


class ContestView(Bar):
    """Shows the numbers of finished matches and steps."""

    def __init__(self, matches: int, steps: int, console: Console | None = None) -> None:
        """
        Args:
            matches: number of matches to play.
            steps: number of steps of each.
        """
        self._matches = matches
        self._steps = steps
        self._begin = time.monotonic()
        columns = (TextColumn("{task.fields[text]}"), BarColumn(bar_width=None))
        # Matches are long, and count their steps in thousands.
        super().__init__(
            "contest", matches * steps, columns, _SECONDS_BETWEEN_LINES, console, speed_estimate_period=600
        )

    def update(self, ended: int, under_way: int) -> None:
        """
        Args:
            ended: number of finished matches.
            under_way: steps done in the running matches.
        """
        steps = ended * self._steps + under_way
        speed = steps / max(time.monotonic() - self._begin, 0.5)
        text = f"{ended:,}/{self._matches:,} matches  {speed:,.0f} steps/s"
        self.show(steps, text, text)
