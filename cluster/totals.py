"""The counters of a run: what all actors did, over restarts and resumes."""

from collections import deque
from typing import Any

from actors.latents import Episode, Tally

_EPISODES = 100


class Totals:
    """Adds up the actors' tallies. Counters never go backwards; means are over the last 100 episodes."""

    def __init__(self) -> None:
        self.counters = {
            "steps_total": 0,
            "frames_total": 0,
            "episodes_total": 0,
            "weights_taken_total": 0,
            "emulator_restarts_total": 0,
            "sequences_refused_total": 0,
        }
        self.levels: dict[str, dict[str, float]] = {}
        self._recent: deque[Episode] = deque(maxlen=_EPISODES)
        self._curiosity = 0.0
        self._steps = 0

    def add(self, tally: Tally) -> None:
        counters = self.counters
        counters["steps_total"] += tally.steps
        counters["frames_total"] += tally.frames
        counters["episodes_total"] += len(tally.episodes)
        counters["weights_taken_total"] += tally.weights_taken
        counters["emulator_restarts_total"] += tally.emulator_restarts
        counters["sequences_refused_total"] += tally.sequences_refused
        self._curiosity += tally.curiosity
        self._steps += tally.steps
        for episode in tally.episodes:
            self._recent.append(episode)
            level = self.levels.setdefault(episode.level, {"episodes": 0, "steps": 0, "extrinsic_return": 0.0})
            level["episodes"] += 1
            level["steps"] += episode.steps
            level["extrinsic_return"] += episode.extrinsic_return

    def row(self) -> dict[str, Any]:
        """The counters and means; `curiosity_mean` is per step since the last row. None where there is nothing yet."""
        recent = self._recent
        row: dict[str, Any] = dict(self.counters)
        row["extrinsic_return_mean"] = _mean([e.extrinsic_return for e in recent])
        row["curiosity_return_mean"] = _mean([e.curiosity_return for e in recent])
        row["episode_steps_mean"] = _mean([float(e.steps) for e in recent])
        row["curiosity_mean"] = self._curiosity / self._steps if self._steps else None
        self._curiosity, self._steps = 0.0, 0
        return row

    def get_state(self) -> dict[str, Any]:
        return {
            "counters": self.counters,
            "levels": self.levels,
            "recent": [vars(episode) for episode in self._recent],
        }

    def set_state(self, state: dict[str, Any]) -> None:
        self.counters.update(state["counters"])
        self.levels = state["levels"]
        self._recent.extend(Episode(**episode) for episode in state["recent"])


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
