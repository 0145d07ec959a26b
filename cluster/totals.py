"""The counters of a run: what all actors did, over restarts and resumes."""

from collections import deque
from typing import Any

from actors.contest import has_contest_rules, is_completed, progress_of
from actors.latents import Episode, Tally
from cluster.level_totals import LevelTotals, mean

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
        self.levels = LevelTotals()
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
        self.levels.add(tally.levels)
        for episode in tally.episodes:
            self._recent.append(episode)
            self.levels.add_episode(episode)

    def row(self) -> dict[str, Any]:
        """The counters and means; `curiosity_mean` is per step since the last row. None where there is nothing yet.

        `levels` holds what is known of each level that was played since the last row, by name.
        """
        recent = self._recent
        row: dict[str, Any] = dict(self.counters)
        row["extrinsic_return_mean"] = mean([e.extrinsic_return for e in recent])
        row["curiosity_return_mean"] = mean([e.curiosity_return for e in recent])
        row["episode_steps_mean"] = mean([float(e.steps) for e in recent])
        row["curiosity_mean"] = self._curiosity / self._steps if self._steps else None
        self._curiosity, self._steps = 0.0, 0
        judged = [e.extrinsic_return for e in recent if has_contest_rules(e.level.partition("/")[0])]
        row["progress_mean"] = mean([progress_of(r) for r in judged])
        row["completion_rate"] = mean([float(is_completed(r)) for r in judged])
        row["levels"] = self.levels.row()
        row["levels_played"] = len(row["levels"])
        row["levels_seen"] = len(self.levels.table())
        return row

    def get_state(self) -> dict[str, Any]:
        return {
            "counters": self.counters,
            "levels": self.levels.get_state(),
            "recent": [vars(episode) for episode in self._recent],
        }

    def set_state(self, state: dict[str, Any]) -> None:
        self.counters.update(state["counters"])
        self.levels.set_state(state["levels"])
        self._recent.extend(Episode(**episode) for episode in state["recent"])
