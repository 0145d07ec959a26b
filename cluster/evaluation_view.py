"""What an evaluation shows while it plays: a bar on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Sequence
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from actors.evaluator import Outcome

_SECONDS_BETWEEN_LINES = 5.0


class EvaluationView:
    """A context; on stderr, so that the scores alone are on stdout."""

    def __init__(self, episodes: int, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._episodes = episodes
        self._scores: list[float] = []
        self._steps = 0
        self._begin = self._last_line = time.monotonic()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("episodes"),
            TextColumn("{task.fields[told]}"),
            TimeElapsedColumn(),
            TextColumn("ETA"),
            TimeRemainingColumn(),
            console=self._console,
            expand=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("evaluate", total=episodes, told="starting emulators")

    def add(self, ended: Sequence[Outcome], steps: int) -> None:
        """What was done since the call before."""
        self._scores += [outcome.score for outcome in ended]
        self._steps += steps
        now = time.monotonic()
        if self._steps == steps:
            # The first steps: from here on the speed is that of the emulators, not of their start.
            self._begin = now
        speed = f"{(self._steps) / max(now - self._begin, 0.5):,.0f} steps/s"
        score = f"score {sum(self._scores) / len(self._scores):,.0f}" if self._scores else "score –"
        self._bar.update(self._task, completed=len(self._scores), told=f"{speed}  {score}")
        if self._bar.disable and now - self._last_line >= _SECONDS_BETWEEN_LINES:
            self._last_line = now
            self.say(f"{len(self._scores):>6,}/{self._episodes:,} episodes  {self._steps:,} steps  {speed}  {score}")

    def say(self, text: str) -> None:
        """A line that stays."""
        if self._bar.disable:
            print(text, file=self._console.file or sys.stderr, flush=True)
        else:
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def __enter__(self) -> "EvaluationView":
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
