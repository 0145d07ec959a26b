"""What a run has logged, for reports."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cluster.config.arguments import read_config
from cluster.config.config import TrainConfig
from cluster.config.errors import UsageError

Row = dict[str, Any]
_POINTS = 400
"""More than a plot can show."""


@dataclass(frozen=True)
class RunHistory:
    """
    Attributes:
        path: the run's folder.
        rows: of metrics.jsonl, in order.
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
        """At most so many rows as plots can show, evenly, the last one among them."""
        every = -(-len(self.rows) // _POINTS)
        return self.rows[len(self.rows) - 1 :: -every][::-1]

    @property
    def steps(self) -> list[float]:
        """Of the thinned rows."""
        return [row["steps_total"] for row in self.thinned]

    def column(self, key: str) -> list[float | None]:
        """Of the thinned rows; None where there is no number."""
        return [row.get(key) for row in self.thinned]

    def rises(self, keys: Sequence[str]) -> dict[str, list[float]]:
        """How much counters rose from one thinned row to the next; a resumed process's never fall."""
        return {
            key: [
                max(0.0, (after.get(key) or 0) - (before.get(key) or 0))
                for before, after in zip([{}, *self.thinned[:-1]], self.thinned, strict=True)
            ]
            for key in keys
        }

    @cached_property
    def levels(self) -> dict[str, Row]:
        """What was last known of each level that was played."""
        known: dict[str, Row] = {}
        for row in self.rows:
            known |= row["levels"]
        return dict(sorted(known.items()))

    def level_column(self, level: str, key: str) -> list[float]:
        """A level's numbers, over the rows in which it was played and had one."""
        found = [row["levels"][level].get(key) for row in self.rows if level in row["levels"]]
        return [value for value in found if value is not None]

    @property
    def seconds(self) -> float:
        """Of training, over all resumes, without the time that it was not running."""
        return float(sum(row["iteration_seconds"] for row in self.rows))


def read_history(path: Path) -> RunHistory:
    """
    Raises:
        UsageError: it is not the folder of a run, or no iteration has ended yet.
    """
    if not (path / "config.yaml").is_file():
        raise UsageError(f"RUN {path} is not the folder of a run: it has no config.yaml")
    config = read_config(path / "config.yaml")
    file = path / "metrics.jsonl"
    lines = file.read_text().splitlines(keepends=True) if file.is_file() else []
    try:
        # The last line may be one that is being written.
        rows = [json.loads(line) for line in lines if line.endswith("\n")]
    except ValueError as error:
        raise UsageError(f"RUN {path}: metrics.jsonl is damaged: {error}") from error
    if not rows:
        raise UsageError(f"RUN {path} has no finished iteration yet")
    return RunHistory(path.absolute(), config, rows)
