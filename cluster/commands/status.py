"""The command `sonic-worlds status`."""

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import tyro

from cluster.config.arguments import read_config
from cluster.config.errors import UsageError
from cluster.host.stopper import stopped_as_by_ctrl_c
from cluster.metrics.live_view import View
from cluster.run.history import HistoryError, read_row

Row = dict[str, Any]
_EVERY_SECONDS = 2.0
_LATE_SECONDS = 60.0
_TAIL_BYTES = 1 << 20


@dataclass(frozen=True)
class StatusArguments:
    """Watch a run that trains elsewhere, in the live view of `train`. Ctrl-C ends the view, not the run.

    Where the output is no terminal it prints the newest state once.
    """

    run: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")]
    """Folder of the run, or http://HOST:PORT of its --metrics-port."""


def status_command(arguments: StatusArguments) -> int:
    """Shows the newest row, and every newer one; returns the exit code.

    Raises:
        UsageError: there is no such run, or it has no row yet.
    """
    run = arguments.run
    newest: Callable[[], Row | None]
    if run.startswith(("http://", "https://")):
        # Here, because it takes a second to load.
        from cluster.metrics.scraped_row import scraped_row

        name, total = run, None
        newest = partial(scraped_row, run)
    else:
        folder = Path(run)
        if not (folder / "config.yaml").is_file():
            raise UsageError(f"RUN {run} is not the folder of a run: it has no config.yaml")
        config = read_config(folder / "config.yaml", of_a_run=True)
        name, total = folder.absolute().name, config.steps
        newest = partial(newest_row, folder / "metrics.jsonl")
    row = newest()
    if row is None:
        raise UsageError(f"RUN {run} has no finished iteration yet")
    with View(title="sonic-worlds status") as view:
        view.start(total, row["steps_total"], name)
        # The view gives the terminal back as it was.
        with stopped_as_by_ctrl_c(), suppress(KeyboardInterrupt):
            _follow(view, row, newest)
    return 0


def newest_row(file: Path) -> Row | None:
    """Returns the last whole line of a metrics.jsonl; None without a whole line or a file.

    Raises:
        UsageError: the file cannot be read, or the line is no row.
    """
    try:
        with file.open("rb") as lines:
            lines.seek(max(0, lines.seek(0, 2) - _TAIL_BYTES))
            whole = lines.read().rpartition(b"\n")[0]
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"RUN {file.parent}: metrics.jsonl cannot be read: {error.strerror}") from error
    last = whole.rpartition(b"\n")[2]
    try:
        return read_row(last) if last else None
    except HistoryError as error:
        raise UsageError(f"RUN {file.parent}: the last line of metrics.jsonl is damaged: {error}") from error


def _follow(view: View, row: Row | None, newest: Callable[[], Row | None]) -> None:
    seen = None
    while True:
        if row is not None and row["iteration"] != seen:
            seen = row["iteration"]
            view.update(row)
        if row is not None and (age := time.time() - row["iteration_timestamp_seconds"]) > _LATE_SECONDS:
            view.message(f"no iteration has ended for {age:,.0f} s: the run has ended, or it hangs")
        if not sys.stdout.isatty():
            return
        time.sleep(_EVERY_SECONDS)
        row = newest()
