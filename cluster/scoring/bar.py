"""A progress bar on a terminal, plain lines elsewhere."""

import sys
import time
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import Progress, ProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn


class Bar:
    """A context with a progress bar on stderr; stdout is for results."""

    def __init__(
        self,
        name: str,
        total: int,
        columns: tuple[ProgressColumn, ...],
        line_seconds: float,
        console: Console | None,
        text: str = "",
        **options: Any,
    ) -> None:
        """
        Args:
            columns: before those of the time; `{task.fields[text]}` is the last text of `show`, or `text`.
            line_seconds: between two lines where there is no terminal.
            options: further ones for rich's Progress.
        """
        self._console = console or Console(stderr=True)
        self._line_seconds = line_seconds
        self._last_line = time.monotonic()
        self._bar = Progress(
            *columns,
            TimeElapsedColumn(),
            TextColumn("ETA"),
            TimeRemainingColumn(),
            console=self._console,
            expand=True,
            disable=not self._console.is_terminal,
            **options,
        )
        self._task = self._bar.add_task(name, total=total, text=text)

    def show(self, completed: int, text: str, line: str) -> None:
        """Shows progress.

        Args:
            completed: completed part of the total.
            text: beside the bar.
            line: printed instead of the bar where there is no terminal, now and then.
        """
        self._bar.update(self._task, completed=completed, text=text)
        now = time.monotonic()
        if self._bar.disable and now - self._last_line >= self._line_seconds:
            self._last_line = now
            self.say(line)

    def say(self, text: str) -> None:
        """Prints a line that stays."""
        if self._bar.disable:
            print(text, file=self._console.file or sys.stderr, flush=True)
        else:
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
