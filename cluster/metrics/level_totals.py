"""Counters and means of each level, over restarts and resumes."""

from collections import Counter, deque
from collections.abc import Mapping
from typing import Any

import numpy as np

from actors.games.contest_rules import has_contest_rules, is_completed, progress_of
from actors.games.levels import counted_as
from actors.rollout.tally import Cell, Episode, LevelTally

_EPISODES = 20


class LevelTotals:
    """Adds up the actors' counts of each level. Means are over a level's last 20 episodes.

    Generated levels count together by zone: there are too many of them for a series each.
    """

    def __init__(self) -> None:
        self._levels: dict[str, _Level] = {}
        self.played = 0
        """Number of levels that were played between the last two rows; generated ones count individually."""

    def add(self, played: Mapping[str, LevelTally]) -> None:
        for name, tally in played.items():
            self._level(name).add(name, tally)

    def add_episode(self, episode: Episode) -> None:
        self._level(episode.level).add_episode(episode)

    def row(self) -> dict[str, dict[str, Any]]:
        """Returns the levels played since the last row, sorted by name; see `_Level.describe`."""
        self.played = sum(len(level.new_names) for level in self._levels.values())
        return {name: level.describe() for name, level in sorted(self._levels.items()) if level.end_row()}

    def table(self) -> dict[str, dict[str, Any]]:
        """Returns all levels ever played, sorted by name; see `_Level.describe`."""
        return {name: level.describe() for name, level in sorted(self._levels.items())}

    @property
    def seen(self) -> int:
        """Number of levels ever played; generated ones count individually."""
        return sum(len(level.names) for level in self._levels.values())

    def visits(self) -> dict[str, Counter[Cell]]:
        """Returns the number of steps that ended in each cell, by level; generated levels are left out."""
        return {name: level.visits for name, level in sorted(self._levels.items())}

    def get_state(self) -> dict[str, Any]:
        return {name: level.get_state() for name, level in self._levels.items()}

    def set_state(self, state: dict[str, Any]) -> None:
        for name, level in state.items():
            self._level(name).set_state(name, level)

    def _level(self, name: str) -> "_Level":
        together = counted_as(name)
        if together not in self._levels:
            self._levels[together] = _Level(has_contest_rules(name.partition("/")[0]))
        return self._levels[together]


class _Level:
    """The totals of one level, or of all generated levels of a zone."""

    def __init__(self, contest_rules: bool) -> None:
        self._contest_rules = contest_rules
        self._steps = self._frames = self._episodes = 0
        self.visits: Counter[Cell] = Counter()
        self.names: set[str] = set()
        self.new_names: set[str] = set()
        """Names of levels that were played since the last row."""
        self._returns: deque[float] = deque(maxlen=_EPISODES)
        self._new = LevelTally()
        self._curiosity_mean: float | None = None

    def add(self, name: str, tally: LevelTally) -> None:
        self.names.add(name)
        if tally.steps:
            self.new_names.add(name)
        self._steps += tally.steps
        self._frames += tally.frames
        if counted_as(name) == name:
            # A place in one generated level is another place in the next.
            self.visits.update(tally.visits)
        self._new.steps += tally.steps
        self._new.curiosity += tally.curiosity

    def add_episode(self, episode: Episode) -> None:
        self._episodes += 1
        self._returns.append(episode.extrinsic_return)

    def end_row(self) -> bool:
        """Returns whether it was played since the last call."""
        new, self._new = self._new, LevelTally()
        self.new_names = set()
        if new.steps:
            self._curiosity_mean = new.curiosity / new.steps
        return new.steps > 0

    def describe(self) -> dict[str, Any]:
        """Returns counters, and means or None; `curiosity_mean` is per step, of the last row in which it was played."""
        returns = self._returns
        contest = self._contest_rules
        return {
            "steps_total": self._steps,
            "frames_total": self._frames,
            "episodes_total": self._episodes,
            "extrinsic_return_mean": mean(returns),
            "progress_mean": mean([progress_of(r) for r in returns]) if contest else None,
            "completion_rate": mean([float(is_completed(r)) for r in returns]) if contest else None,
            "curiosity_mean": self._curiosity_mean,
        }

    def get_state(self) -> dict[str, Any]:
        return {
            "names": sorted(self.names),
            "steps": self._steps,
            "frames": self._frames,
            "visits": np.array([(*cell, count) for cell, count in self.visits.items()], np.int64).reshape(-1, 3),
            "episodes": self._episodes,
            "returns": list(self._returns),
            "curiosity_mean": self._curiosity_mean,
        }

    def set_state(self, name: str, state: dict[str, Any]) -> None:
        # Checkpoints from before generated levels say no names.
        self.names.update(state.get("names", [name]))
        self._steps, self._frames, self._episodes = state["steps"], state["frames"], state["episodes"]
        self.visits.update({(x, y): count for x, y, count in state["visits"].tolist()})
        self._returns.extend(state["returns"])
        self._curiosity_mean = state["curiosity_mean"]


def mean(values: "deque[float] | list[float]") -> float | None:
    """Returns the arithmetic mean; None for an empty list."""
    return sum(values) / len(values) if values else None
