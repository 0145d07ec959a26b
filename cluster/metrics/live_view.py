"""The output of a training run: a live view on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterator
from itertools import zip_longest
from types import TracebackType
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from cluster.metrics.level_table import number, ranked

_SECONDS_BETWEEN_LINES = 5.0
_SECONDS_BETWEEN_LEVELS = 30.0
_LEVELS_SHOWN = 4
"""Number of best levels shown, and of worst ones."""


class View:
    """A context, which leaves the terminal as it was."""

    def __init__(self, console: Console | None = None, title: str = "sonic-worlds train") -> None:
        self._console = console or Console()
        self._title = title
        self._live: Live | None = None
        self._bar = Progress(
            # A run's name is not rich's markup.
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("steps"),
            TimeElapsedColumn(),
            TextColumn("ETA"),
            TimeRemainingColumn(),
            expand=True,
        )
        self._row: dict[str, Any] = {}
        self._levels: dict[str, dict[str, Any]] = {}
        self._message = ""
        self._last_line = self._last_levels = float("-inf")

    def start(self, total_steps: int | None, done_steps: int, name: str) -> None:
        """Begins the view.

        Args:
            total_steps: of the run; None if unknown.
            done_steps: steps of the resumed run.
            name: of the run.
        """
        self._task = self._bar.add_task(name, total=total_steps, completed=done_steps)
        if self._console.is_terminal:
            self._live = Live(self._render(), console=self._console, refresh_per_second=4)
            self._live.start()

    def message(self, text: str) -> None:
        """Shows what the run does at present."""
        self._message = text
        if self._live:
            self._live.update(self._render(), refresh=True)
        else:
            self._print(text)

    def update(self, row: dict[str, Any]) -> None:
        """Shows an iteration's metrics."""
        self._row = row
        self._levels |= row.get("levels", {})
        self._message = ""
        self._bar.update(self._task, completed=row["steps_total"])
        if self._live:
            self._live.update(self._render(), refresh=True)
        elif time.monotonic() - self._last_line >= _SECONDS_BETWEEN_LINES:
            self._last_line = time.monotonic()
            self._print(_line(row, self._bar.tasks[self._task].total))
            best, worst = self._best_and_worst()
            if worst and time.monotonic() - self._last_levels >= _SECONDS_BETWEEN_LEVELS:
                self._last_levels = time.monotonic()
                texts = [", ".join(" ".join(level) for level in levels) for levels in (best, worst)]
                self._print(f"{'levels':>9}: {_levels(row)}; best {texts[0]}; worst {texts[1]}")

    def end(self) -> None:
        """Ends the live view, whose last state stays on the screen."""
        if self._live:
            self._message = ""
            self._live.update(self._render(), refresh=True)
            self._live.stop()
            self._live = None

    def say(self, text: str) -> None:
        """Prints a line that stays."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def __enter__(self) -> "View":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def _best_and_worst(self) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """Returns the best and the worst levels with their results, worst last; a single level is among the best."""
        levels = ranked(self._levels)
        best = levels[: min(_LEVELS_SHOWN, (len(levels) + 1) // 2)]
        return best, levels[len(best) :][-_LEVELS_SHOWN:]

    def _level_rows(self) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
        best, worst = self._best_and_worst()
        if worst:
            yield ("", ""), ("", "")
            yield ("best levels", ""), ("worst levels", "")
            yield from zip_longest(best, worst, fillvalue=("", ""))

    def _print(self, text: str) -> None:
        print(text, file=self._console.file or sys.stdout, flush=True)

    def _render(self) -> Panel:
        row = self._row
        table = Table.grid(padding=(0, 2), expand=True)
        for _ in range(2):
            table.add_column(style="dim", no_wrap=True)
            table.add_column(no_wrap=True, ratio=1)
        for left, right in zip(_LEFT, _RIGHT, strict=True):
            table.add_row(left[0], left[1](row), right[0], right[1](row))
        for best, worst in self._level_rows():
            table.add_row(*map(Text, (*best, *worst)))
        message = Text(self._message or ("" if row else "starting"), style="yellow", no_wrap=True)
        return Panel(Group(self._bar, Text(), table, message), title=self._title, padding=(0, 1))


def _levels(row: dict[str, Any]) -> str:
    return f"{number(row, 'levels_played')} played now, {number(row, 'levels_seen')} so far"


_LEFT = (
    ("speed", lambda r: f"{number(r, 'steps_per_second')} steps/s, {number(r, 'frames_per_second')} frames/s"),
    ("episodes", lambda r: number(r, "episodes_total")),
    ("return (game)", lambda r: number(r, "extrinsic_return_mean", ",.1f")),
    ("curiosity", lambda r: f"{number(r, 'curiosity_mean', '+.5f')} a step"),
    ("PPO updates", lambda r: number(r, "ppo_updates_total")),
    ("restarts", lambda r: f"{number(r, 'emulator_restarts_total')} emulators"),
    ("levels", _levels),
)
_RIGHT = (
    ("world-model loss", lambda r: number(r, "world_model_loss", ",.1f")),
    (
        "VAE, MDN, inverse",
        lambda r: ", ".join(number(r, f"world_model_loss_{part}", ",.2f") for part in ("vae", "mdn", "inverse")),
    ),
    ("its updates", lambda r: number(r, "world_model_updates_total")),
    ("weights", lambda r: f"version {number(r, 'weights_version')}"),
    ("staleness", lambda r: f"{number(r, 'staleness_mean', '.1f')} versions"),
    (
        "sequence pool",
        lambda r: (
            f"{number(r, 'pool_sequences')}/{number(r, 'pool_capacity')},"
            f" {number(r, 'sequences_dropped_total')} dropped"
        ),
    ),
    (
        "progress",
        lambda r: f"{number(r, 'progress_mean', '.1%')}, {number(r, 'completion_rate', '.1%')} completed",
    ),
)


def _line(row: dict[str, Any], total: float | None) -> str:
    of = "" if total is None else f"/{total:,.0f}"
    return (
        f"{row['steps_total']:>9,}{of} steps  {number(row, 'steps_per_second')} steps/s"
        f"  {number(row, 'frames_per_second')} frames/s  episodes {number(row, 'episodes_total')}"
        f"  return {number(row, 'extrinsic_return_mean', ',.1f')}"
        f"  curiosity {number(row, 'curiosity_mean', '+.5f')}"
        f"  loss {number(row, 'world_model_loss', ',.1f')} (VAE {number(row, 'world_model_loss_vae', ',.1f')},"
        f" MDN {number(row, 'world_model_loss_mdn', ',.2f')},"
        f" inverse {number(row, 'world_model_loss_inverse', '.3f')})"
        f"  weights v{number(row, 'weights_version')}, staleness {number(row, 'staleness_mean', '.1f')}"
        f"  pool {number(row, 'pool_sequences')}, dropped {number(row, 'sequences_dropped_total')}"
    )
