"""What a run shows while it trains: a live view on a terminal, plain lines elsewhere."""

import sys
import time
from types import TracebackType
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

_SECONDS_BETWEEN_LINES = 5.0


class View:
    """A context: the terminal is as it was when it is left, by whatever way."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console()
        self._live: Live | None = None
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("steps"),
            TimeElapsedColumn(),
            TextColumn("ETA"),
            TimeRemainingColumn(),
            expand=True,
        )
        self._row: dict[str, Any] = {}
        self._message = ""
        self._last_line = float("-inf")

    def start(self, total_steps: int, done_steps: int, name: str) -> None:
        """The run begins; `done_steps` of a resumed one are counted as done."""
        self._task = self._bar.add_task(name, total=total_steps, completed=done_steps)
        if self._console.is_terminal:
            self._live = Live(self._render(), console=self._console, refresh_per_second=4)
            self._live.start()

    def message(self, text: str) -> None:
        """What goes on just now."""
        self._message = text
        if self._live:
            self._live.update(self._render(), refresh=True)
        else:
            self._print(text)

    def update(self, row: dict[str, Any]) -> None:
        """An iteration's metrics."""
        self._row = row
        self._message = ""
        self._bar.update(self._task, completed=row["steps_total"])
        if self._live:
            self._live.update(self._render(), refresh=True)
        elif time.monotonic() - self._last_line >= _SECONDS_BETWEEN_LINES:
            self._last_line = time.monotonic()
            self._print(_line(row, self._bar.tasks[self._task].total or 0))

    def end(self) -> None:
        """Leaves the live view; what it showed last stays on the screen."""
        if self._live:
            self._message = ""
            self._live.update(self._render(), refresh=True)
            self._live.stop()
            self._live = None

    def say(self, text: str) -> None:
        """A line that stays."""
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def __enter__(self) -> "View":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

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
        message = Text(self._message or ("" if row else "starting"), style="yellow", no_wrap=True)
        return Panel(Group(self._bar, Text(), table, message), title="sonic-worlds train", padding=(0, 1))


def _number(row: dict[str, Any], key: str, form: str = ",.0f") -> str:
    value = row.get(key)
    return "–" if value is None else format(value, form)


_LEFT = (
    ("speed", lambda r: f"{_number(r, 'steps_per_second')} steps/s, {_number(r, 'frames_per_second')} frames/s"),
    ("episodes", lambda r: _number(r, "episodes_total")),
    ("return (game)", lambda r: _number(r, "extrinsic_return_mean", ",.1f")),
    ("curiosity", lambda r: f"{_number(r, 'curiosity_mean', '+.5f')} a step"),
    ("PPO updates", lambda r: _number(r, "ppo_updates_total")),
    ("restarts", lambda r: f"{_number(r, 'emulator_restarts_total')} emulators"),
)
_RIGHT = (
    ("world-model loss", lambda r: _number(r, "world_model_loss", ",.1f")),
    (
        "VAE, MDN, inverse",
        lambda r: ", ".join(_number(r, f"world_model_loss_{part}", ",.2f") for part in ("vae", "mdn", "inverse")),
    ),
    ("its updates", lambda r: _number(r, "world_model_updates_total")),
    ("weights", lambda r: f"version {_number(r, 'weights_version')}"),
    ("staleness", lambda r: f"{_number(r, 'staleness_mean', '.1f')} versions"),
    (
        "sequence pool",
        lambda r: (
            f"{_number(r, 'pool_sequences')}/{_number(r, 'pool_capacity')},"
            f" {_number(r, 'sequences_dropped_total')} dropped"
        ),
    ),
)


def _line(row: dict[str, Any], total: float) -> str:
    return (
        f"{row['steps_total']:>9,}/{total:,.0f} steps  {_number(row, 'steps_per_second')} steps/s"
        f"  {_number(row, 'frames_per_second')} frames/s  episodes {_number(row, 'episodes_total')}"
        f"  return {_number(row, 'extrinsic_return_mean', ',.1f')}"
        f"  curiosity {_number(row, 'curiosity_mean', '+.5f')}"
        f"  loss {_number(row, 'world_model_loss', ',.1f')} (VAE {_number(row, 'world_model_loss_vae', ',.1f')},"
        f" MDN {_number(row, 'world_model_loss_mdn', ',.2f')},"
        f" inverse {_number(row, 'world_model_loss_inverse', '.3f')})"
        f"  weights v{_number(row, 'weights_version')}, staleness {_number(row, 'staleness_mean', '.1f')}"
        f"  pool {_number(row, 'pool_sequences')}, dropped {_number(row, 'sequences_dropped_total')}"
    )
