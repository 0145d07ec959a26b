"""Prioritised level replay (Jiang, Grefenstette, Rocktäschel, 2021; arXiv 2010.03934), over a fixed set of levels."""

from collections.abc import Sequence
from typing import Any

import numpy as np

_TEMPERATURE = 0.1
"""The paper's beta: at 0.1 the level with the highest score has 999 of 1,000 draws by score."""
_STALENESS = 0.1
"""The paper's rho."""


class LevelReplay:
    """Computes each level's probability to be the next, by estimates of how much can still be learned from it.

    The paper's Algorithm 1 first draws whether the next level is an unseen one, and then the level. Here both are one
    distribution, because actors draw without knowing what the others draw.
    """

    def __init__(self, levels: Sequence[str]) -> None:
        """
        Args:
            levels: different names, at least one.
        """
        self._levels = list(levels)
        self.scores: dict[str, float] = {}
        """Score of every level seen."""
        self._scored_at: dict[str, int] = {}
        self._episodes = 0

    def record(self, level: str, score: float) -> None:
        """Records a finished episode.

        Args:
            level: its level.
            score: mean of |return - value|, the magnitude of the generalised advantage (section 3.1).
        """
        self._episodes += 1
        self.scores[level] = score
        self._scored_at[level] = self._episodes

    def probabilities(self) -> dict[str, float]:
        """Returns the probability of every level to be drawn next; they add up to 1.

        Unseen levels get equal parts of a share that is their share of all levels. Seen levels get the rest, in
        proportion to 0.9 x score + 0.1 x staleness (section 3).
        """
        seen = [level for level in self._levels if level in self.scores]
        unseen = [level for level in self._levels if level not in self.scores]
        new = len(unseen) / len(self._levels)
        by_score, by_staleness = self._by_score(seen), self._by_staleness(seen)
        replay = (1.0 - _STALENESS) * by_score + _STALENESS * by_staleness
        given = dict.fromkeys(unseen, 1.0 / len(self._levels)) | dict(
            zip(seen, ((1.0 - new) * replay).tolist(), strict=True)
        )
        return {level: given[level] for level in self._levels}

    def get_state(self) -> dict[str, Any]:
        return {"scores": self.scores, "scored_at": self._scored_at, "episodes": self._episodes}

    def set_state(self, state: dict[str, Any]) -> None:
        """Restores a state of `get_state`; levels that are not in this run are dropped."""
        self._episodes = state["episodes"]
        for level in self._levels:
            if level in state["scores"]:
                self.scores[level] = state["scores"][level]
                self._scored_at[level] = state["scored_at"][level]

    def _by_score(self, seen: list[str]) -> np.ndarray:
        """Returns rank ** (-1 / temperature), normalised; rank 1 is the highest score (section 3.1)."""
        order = sorted(seen, key=lambda level: -self.scores[level])
        rank = {level: place + 1 for place, level in enumerate(order)}
        ranks = np.array([rank[level] for level in seen], np.float64)
        weights = ranks ** (-1.0 / _TEMPERATURE)
        return weights / weights.sum()

    def _by_staleness(self, seen: list[str]) -> np.ndarray:
        """Returns probabilities in proportion to the number of episodes since the level's last one (section 3.2)."""
        ages = np.array([self._episodes - self._scored_at[level] for level in seen], np.float64)
        # A single level has no age to compare.
        return ages / ages.sum() if ages.sum() > 0 else np.full(len(seen), 1.0 / max(1, len(seen)))
