"""The scores of an evaluation, by level and overall: as a table, as lines and as JSON."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Column, Table
from rich.text import Text

from actors.agents.evaluator import Outcome
from actors.games.contest_rules import has_contest_rules, is_completed, progress_of
from cluster.config.output_file import replace_json


@dataclass(frozen=True)
class Scores:
    """Scores of a group of episodes.

    Attributes:
        name: the level's, or "overall".
        progress, completed: of each episode; None if a game does not have the contest's rules.
        passed: of each episode; None if the levels have no barriers.
    """

    name: str
    scores: list[float]
    steps: list[int]
    progress: list[float] | None
    completed: list[bool] | None
    passed: list[bool] | None

    @property
    def score_mean(self) -> float:
        return float(np.mean(self.scores))

    @property
    def score_std(self) -> float:
        """Standard deviation over the episodes (divided by n)."""
        return float(np.std(self.scores))

    @property
    def steps_mean(self) -> float:
        return float(np.mean(self.steps))

    @property
    def progress_mean(self) -> float | None:
        return None if self.progress is None else float(np.mean(self.progress))

    @property
    def completion_rate(self) -> float | None:
        return None if self.completed is None else float(np.mean(self.completed))

    @property
    def pass_rate(self) -> float | None:
        return None if self.passed is None else float(np.mean(self.passed))

    def as_dict(self) -> dict[str, Any]:
        """Returns the means (JSON-able)."""
        return {
            "episodes": len(self.scores),
            "score_mean": self.score_mean,
            "score_std": self.score_std,
            "progress_mean": self.progress_mean,
            "completion_rate": self.completion_rate,
            "pass_rate": self.pass_rate,
            "steps_mean": self.steps_mean,
        }


def per_level(outcomes: Iterable[Outcome]) -> list[Scores]:
    """Returns each level's scores, in the order of the outcomes, which must be grouped by level."""
    return [
        _scores(str(level), list(group), has_contest_rules(level.game))
        for level, group in groupby(outcomes, key=lambda outcome: outcome.job.level)
    ]


def overall(levels: Sequence[Scores]) -> Scores:
    """Returns the scores of all episodes; each level must have equally many."""
    progress = [p for level in levels if level.progress is not None for p in level.progress]
    completed = [c for level in levels if level.completed is not None for c in level.completed]
    return Scores(
        "overall",
        [score for level in levels for score in level.scores],
        [steps for level in levels for steps in level.steps],
        progress or None,
        completed or None,
        [p for level in levels if level.passed is not None for p in level.passed] or None,
    )


def _scores(name: str, outcomes: Sequence[Outcome], contest_rules: bool) -> Scores:
    scores = [outcome.score for outcome in outcomes]
    return Scores(
        name,
        scores,
        [outcome.steps for outcome in outcomes],
        [progress_of(score) for score in scores] if contest_rules else None,
        [is_completed(score) for score in scores] if contest_rules else None,
        [bool(outcome.passed) for outcome in outcomes] if outcomes[0].passed is not None else None,
    )


_COLUMNS = ("level", "score", "std", "progress", "completed", "steps")
_BARRIER_COLUMNS = ("level", "score", "std", "progress", "passed", "steps")


def table(levels: Sequence[Scores]) -> Table:
    """Returns the table for a terminal: a row for each level and one for all."""
    total = overall(levels)
    columns = _columns(total)
    name = Column(columns[0], overflow="fold", footer="overall")
    rest = [
        Column(column, justify="right", no_wrap=True, footer=cell)
        for column, cell in zip(columns[1:], _cells(total)[1:], strict=True)
    ]
    result = Table(name, *rest, show_footer=True)
    for level in levels:
        # A level's name is not rich's markup.
        result.add_row(*map(Text, _cells(level)))
    return result


def lines(levels: Sequence[Scores]) -> str:
    """Returns the scores for a program: tab separated, with a line of headings."""
    total = overall(levels)
    rows = [_columns(total), *(_cells(level) for level in [*levels, total])]
    return "\n".join("\t".join(row) for row in rows)


def _columns(total: Scores) -> tuple[str, ...]:
    """Returns the columns; for barriers, which have no goal, the share of passed ones instead of completion."""
    return _COLUMNS if total.passed is None else _BARRIER_COLUMNS


def write_json(file: Path, levels: Sequence[Scores], about: dict[str, Any]) -> None:
    """Writes every episode and every mean, through a temporary name.

    Args:
        about: settings of the evaluation, JSON-able.

    Raises:
        OSError: the file cannot be written.
    """
    content = about | {
        "overall": overall(levels).as_dict(),
        "levels": {
            level.name: level.as_dict()
            | {
                "scores": level.scores,
                "progress": level.progress,
                "completed": level.completed,
                "passed": level.passed,
                "steps": level.steps,
            }
            for level in levels
        },
    }
    replace_json(file, content)


def _cells(scores: Scores) -> tuple[str, ...]:
    return (
        scores.name,
        f"{scores.score_mean:.1f}",
        f"{scores.score_std:.1f}",
        _percent(scores.progress_mean),
        _percent(scores.completion_rate if scores.passed is None else scores.pass_rate),
        f"{scores.steps_mean:.0f}",
    )


def _percent(part: float | None) -> str:
    return "-" if part is None else f"{part:.1%}"
