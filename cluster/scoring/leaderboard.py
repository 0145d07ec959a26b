"""The leaderboard of a contest: agents by their mean score, with confidence intervals over seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Column, Table
from rich.text import Text
from scipy.special import stdtrit

from cluster.config.output_file import replace_json
from cluster.scoring.contest import Match, Result


@dataclass(frozen=True)
class Score:
    """An agent's score on a level, or on all.

    Attributes:
        seeds: the score of each seed.
    """

    seeds: tuple[float, ...]

    @property
    def mean(self) -> float | None:
        """The mean over the seeds; None if there is no seed."""
        return sum(self.seeds) / len(self.seeds) if self.seeds else None

    @property
    def interval(self) -> float | None:
        """Half the width of the mean's 95% confidence interval, by Student's t; None for fewer than two seeds."""
        n = len(self.seeds)
        return float(stdtrit(n - 1, 0.975) * np.std(self.seeds, ddof=1) / n**0.5) if n > 1 else None


@dataclass(frozen=True)
class Standing:
    """An agent's overall score, over the seeds with which it has played all levels, and its score by level."""

    agent: str
    overall: Score
    levels: dict[str, Score]


def rank(matches: Sequence[Match], results: Mapping[Match, Result]) -> list[Standing]:
    """Ranks the agents of the matches, the best first. The score of a match is the mean over its episodes.

    Args:
        results: of the finished matches.
    """
    agents, levels, seeds = (
        list(dict.fromkeys(values)) for values in zip(*((m.agent, m.level, m.seed) for m in matches), strict=True)
    )
    standings = []
    for agent in agents:
        scores = {
            seed: {lv: results[match].score for lv in levels if (match := Match(agent, lv, seed)) in results}
            for seed in seeds
        }
        whole = [sum(of.values()) / len(levels) for of in scores.values() if len(of) == len(levels)]
        by_level = {str(lv): Score(tuple(of[lv] for of in scores.values() if lv in of)) for lv in levels}
        standings.append(Standing(agent, Score(tuple(whole)), by_level))
    # Agents without a score come last.
    return sorted(standings, key=lambda s: (s.overall.mean is None, -(s.overall.mean or 0.0)))


def tables(standings: Sequence[Standing]) -> list[Table]:
    """Returns the leaderboard, and the agents' scores by level, for a terminal."""
    board = Table("", "agent", *(Column(name, justify="right") for name in ("score", "95%", "seeds")))
    for place, standing in enumerate(standings, 1):
        overall = standing.overall
        board.add_row(str(place), Text(standing.agent), _mean(overall), _interval(overall), str(len(overall.seeds)))
    by_level = Table(
        Column("level", overflow="fold"),
        *(Column(Text(standing.agent), justify="right", overflow="fold") for standing in standings),
    )
    for level in standings[0].levels:
        by_level.add_row(Text(level), *(_both(standing.levels[level]) for standing in standings))
    return [board, by_level]


def lines(standings: Sequence[Standing]) -> str:
    """Returns the leaderboard for a program: tab separated, an agent's overall score before those of the levels."""
    rows = [("agent", "level", "score", "interval", "seeds")]
    for standing in standings:
        for level, score in {"overall": standing.overall, **standing.levels}.items():
            rows.append((standing.agent, level, _mean(score), _interval(score, ""), str(len(score.seeds))))
    return "\n".join("\t".join(row) for row in rows)


def write_json(file: Path, standings: Sequence[Standing], about: Mapping[str, Any]) -> None:
    """Writes all numbers, through a temporary name.

    Args:
        about: settings of the contest, JSON-able.
    """
    agents = [
        {
            "agent": standing.agent,
            "overall": _as_dict(standing.overall),
            "levels": {level: _as_dict(score) for level, score in standing.levels.items()},
        }
        for standing in standings
    ]
    replace_json(file, {**about, "leaderboard": agents})


def _as_dict(score: Score) -> dict[str, Any]:
    return {"mean": score.mean, "interval_95": score.interval, "seeds": list(score.seeds)}


def _mean(score: Score) -> str:
    return "-" if score.mean is None else f"{score.mean:.1f}"


def _both(score: Score) -> str:
    return _mean(score) if score.interval is None else f"{_mean(score)} {_interval(score)}"


def _interval(score: Score, sign: str = "±") -> str:
    return "-" if score.interval is None else f"{sign}{score.interval:.1f}"
