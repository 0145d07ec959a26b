"""Computes the probabilities by which actors draw levels, from the learner's value errors."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from actors.games.levels import Level
from cluster.training.level_replay import LevelReplay
from learners.value_errors import FragmentError

LevelSchedule = Literal["uniform", "round-robin", "prioritized"]

_EPISODES_UNDER_WAY = 10_000
"""Most unfinished episodes that are kept. Those of a dead actor never end, so the oldest ones are dropped."""


class LevelScheduler:
    """Collects value errors and computes probabilities.

    The actors draw by them: see `actors.rollout.level_draw`. An emulator never changes its game, so probabilities are
    within each game.
    """

    def __init__(self, levels: Sequence[Level], schedule: LevelSchedule) -> None:
        self._levels = list(levels)
        self._prioritized = schedule == "prioritized"
        by_game: dict[str, list[str]] = {}
        for level in levels:
            by_game.setdefault(level.game, []).append(str(level))
        self._games = {game: LevelReplay(names) for game, names in by_game.items()}
        self._game_of = {str(level): level.game for level in levels}
        self._under_way: dict[str, tuple[float, int]] = {}

    def add(self, errors: Iterable[FragmentError]) -> None:
        """Adds value errors of fragments. An episode counts once its last fragment is there, with its mean error."""
        for part in errors:
            error, steps = self._under_way.pop(part.episode, (0.0, 0))
            error, steps = error + part.error, steps + part.steps
            if not part.ended:
                self._under_way[part.episode] = (error, steps)
            elif part.level in self._game_of and steps > 0:
                self._games[self._game_of[part.level]].record(part.level, error / steps)
        for episode in list(self._under_way)[:-_EPISODES_UNDER_WAY]:
            del self._under_way[episode]

    def probabilities(self) -> dict[Level, float] | None:
        """Returns the probability of every level, which add up to 1 in each game; None if the schedule needs none."""
        if not self._prioritized:
            return None
        named = {name: p for replay in self._games.values() for name, p in replay.probabilities().items()}
        return {level: named[str(level)] for level in self._levels}

    def describe(self, rows: Mapping[str, dict[str, Any]]) -> None:
        """Adds `score` (None for an unseen level) and `probability` to levels' metrics, if the schedule has them."""
        for level, probability in (self.probabilities() or {}).items():
            if str(level) in rows:
                score = self._games[level.game].scores.get(str(level))
                rows[str(level)].update(score=score, probability=probability)

    def get_state(self) -> dict[str, Any]:
        """Returns the state for a resume, without unfinished episodes."""
        return {game: replay.get_state() for game, replay in self._games.items()}

    def set_state(self, state: dict[str, Any]) -> None:
        for game, replay in self._games.items():
            if game in state:
                replay.set_state(state[game])
