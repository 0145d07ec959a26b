"""What a contest shows while it is played: a bar on a terminal, plain lines elsewhere."""

import sys
import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

_SECONDS_BETWEEN_LINES = 60.0


class ContestView:
    """A context; on stderr, so that the leaderboard alone is on stdout."""

    def __init__(self, matches: int, steps: int, console: Console | None = None) -> None:
        """
        Args:
            matches: still to be played; steps: of each.
        """
        self._console = console or Console(stderr=True)
        self._matches = matches
        self._steps = steps
        self._begin = self._last_line = time.monotonic()
        self._bar = Progress(
            TextColumn("{task.fields[told]}"),
            BarColumn(bar_width=None),
            TimeElapsedColumn(),
            TextColumn("ETA"),
            TimeRemainingColumn(),
            console=self._console,
            expand=True,
            # Matches are long, and told of in thousands of steps.
            speed_estimate_period=600,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("contest", total=matches * steps, told="")

    def update(self, ended: int, under_way: int) -> None:
        """
        Args:
            ended: matches of those that were to be played.
            under_way: steps done in those that are being played.
        """
        steps = ended * self._steps + under_way
        now = time.monotonic()
        told = f"{ended:,}/{self._matches:,} matches  {steps / max(now - self._begin, 0.5):,.0f} steps/s"
        self._bar.update(self._task, completed=steps, told=told)
        if self._bar.disable and now - self._last_line >= _SECONDS_BETWEEN_LINES:
            self._last_line = now
            self.say(told)

    def say(self, text: str) -> None:
        """A line that stays."""
        if self._bar.disable:
            print(text, file=self._console.file or sys.stderr, flush=True)
        else:
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def __enter__(self) -> "ContestView":
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
