"""Reads a run's logged metrics, for reports."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cluster.config.arguments import read_config
from cluster.config.config import TrainConfig
from cluster.config.errors import UsageError
from cluster.config.json_file import printable

Row = dict[str, Any]
_POINTS = 400
"""Most points of a curve: more than a plot can show."""
_MOST = 1e100
"""Largest absolute value of a number in a row."""
_OF_A_ROW = (
    *("iteration", "iteration_seconds", "iteration_timestamp_seconds"),
    *("steps_total", "frames_total", "episodes_total"),
)
_OTHERS = ("levels", "heartbeats")
_OF_A_LEVEL = ("steps_total", "episodes_total")
_KNOWN_OF_A_LEVEL = ("extrinsic_return_mean", "progress_mean", "completion_rate")


class HistoryError(ValueError):
    """A run's log cannot be read; the message is one line, without the file's name."""


@dataclass(frozen=True)
class RunHistory:
    """The logged metrics of a run.

    Attributes:
        path: the run's folder.
        rows: the rows of metrics.jsonl, in order.
    """

    path: Path
    config: TrainConfig
    rows: list[Row]

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def last(self) -> Row:
        return self.rows[-1]

    @cached_property
    def thinned(self) -> list[Row]:
        """Evenly spaced rows, as many as plots can show, with the last one."""
        every = -(-len(self.rows) // _POINTS)
        return self.rows[len(self.rows) - 1 :: -every][::-1]

    @property
    def steps(self) -> list[float]:
        """Number of steps in each of the thinned rows."""
        return [row["steps_total"] for row in self.thinned]

    def column(self, key: str) -> list[float | None]:
        """Returns a metric in each of the thinned rows; None where there is no number."""
        return [row.get(key) for row in self.thinned]

    def rises(self, keys: Sequence[str]) -> dict[str, list[float]]:
        """Returns the rise of counters between the thinned rows, by key; falls count as 0."""
        return {
            key: [
                max(0.0, (after.get(key) or 0) - (before.get(key) or 0))
                for before, after in zip([{}, *self.thinned[:-1]], self.thinned, strict=True)
            ]
            for key in keys
        }

    @cached_property
    def levels(self) -> dict[str, Row]:
        """Returns the newest metrics of each level that was played."""
        known: dict[str, Row] = {}
        for row in self.rows:
            known |= row["levels"]
        return dict(sorted(known.items()))

    def level_column(self, level: str, key: str) -> list[float]:
        """Returns a level's metric in all rows that have it."""
        column = [row["levels"][level].get(key) for row in self.rows if level in row["levels"]]
        return [value for value in column if value is not None]

    @property
    def seconds(self) -> float:
        """Seconds of training over all resumes, without the time between them."""
        return float(sum(row["iteration_seconds"] for row in self.rows))


def read_history(path: Path) -> RunHistory:
    """Reads the metrics in a run's folder.

    Raises:
        UsageError: it is not the folder of a run, or no iteration has ended yet.
    """
    if not (path / "config.yaml").is_file():
        raise UsageError(f"RUN {path} is not the folder of a run: it has no config.yaml")
    config = read_config(path / "config.yaml", of_a_run=True)
    try:
        rows = read_rows(path / "metrics.jsonl")
    except HistoryError as error:
        raise UsageError(f"RUN {path}: metrics.jsonl is damaged: {error}") from error
    if not rows:
        raise UsageError(f"RUN {path} has no finished iteration yet")
    return RunHistory(path.absolute(), config, rows)


def read_rows(file: Path) -> list[Row]:
    """Returns the rows of a metrics.jsonl; none if there is no file.

    Raises:
        HistoryError: the file cannot be read, or a line is no row.
    """
    try:
        # The last line may be one that is being written.
        lines = file.read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise HistoryError(f"it cannot be read: {error.strerror}") from error
    rows = []
    for count, line in enumerate(lines, 1):
        try:
            rows.append(read_row(line))
        except HistoryError as error:
            raise HistoryError(f"line {count}: {error}") from error
    return rows


def read_row(line: bytes) -> Row:
    """Parses a whole line of a metrics.jsonl.

    Raises:
        HistoryError: the line is no row.
    """
    try:
        row = json.loads(line.decode())
    except (ValueError, RecursionError) as error:
        raise HistoryError(str(error)) from error
    if not isinstance(row, dict):
        raise HistoryError(f"it is a {type(row).__name__}, not an object")
    levels = row.get("levels")
    if not isinstance(levels, dict):
        raise HistoryError("levels: it must be an object")
    _check_numbers(row, _OF_A_ROW, (), "")
    for name, level in levels.items():
        if not isinstance(level, dict) or "/" not in name:
            raise HistoryError(f"levels.{printable(name)}: it must be GAME/LEVEL, and an object")
        _check_numbers(level, _OF_A_LEVEL, _KNOWN_OF_A_LEVEL, f"levels.{printable(name)}.")
    return row


def _check_numbers(row: Row, needed: Sequence[str], known: Sequence[str], prefix: str) -> None:
    """Checks that known keys have numbers. Null, for numbers that are not finite, is allowed where none is needed."""
    for name in needed:
        if row.get(name) is None:
            raise HistoryError(f"{prefix}{name}: it must be a number")
    for name in known:
        if name not in row:
            raise HistoryError(f"{prefix}{name}: it must be a number, or null")
    for name, value in row.items():
        if name not in _OTHERS and value is not None and not (isinstance(value, int | float) and abs(value) < _MOST):
            raise HistoryError(f"{prefix}{printable(name)}: it must be a number, or null")
