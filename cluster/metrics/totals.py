"""Counters and means of a run over all actors, restarts and resumes."""

import math
from collections import deque
from typing import Any

from actors.games.contest_rules import has_contest_rules, is_completed, progress_of
from actors.rollout.env_runner import REPORTS
from actors.rollout.tally import COUNTERS, Episode, Tally
from cluster.metrics.catalogue import PHASES
from cluster.metrics.level_totals import LevelTotals, mean
from learners.iteration import Iteration

_EPISODES = 100


class Totals:
    """Adds up the actors' tallies. Counters never go backwards; means are over the last 100 episodes."""

    def __init__(self) -> None:
        self.counters = {metric.total: 0 for metric in COUNTERS if metric.in_run}
        self._seconds = dict.fromkeys((f"{part}_{phase}" for part in ("actor", "ppo") for phase in PHASES[part]), 0.0)
        self._last: dict[str, Any] = {}
        self.levels = LevelTotals()
        self._recent: deque[Episode] = deque(maxlen=_EPISODES)
        self._new = Tally()

    def add(self, done: Iteration) -> None:
        """Adds the actors' reports and the learner's results of an iteration."""
        reports = done.runners[REPORTS]
        for report in reports:
            self._add_tally(report["tally"])
        for phase, seconds in done.seconds.items():
            self._seconds[f"ppo_{phase}"] += seconds
        # The update that an iteration ends with learned from samples of policies that had seen so many before it.
        lags = [max(0, done.updates - 1 - report["policy_updates"]) for report in reports]
        self._last = {
            "ppo_updates_total": done.updates,
            "ppo_entropy": done.learned.get("entropy"),
            "ppo_explained_variance": done.learned.get("vf_explained_var"),
            "policy_lag_min_updates": min(lags),
            "policy_lag_mean_updates": sum(lags) / len(lags),
            "policy_lag_max_updates": max(lags),
            "rollout_actors": len({report["actor"] for report in reports}),
            "shipments_in_flight": sum({report["actor"]: report["shipping"] for report in reports}.values()),
        }

    def _add_tally(self, tally: Tally) -> None:
        for metric in COUNTERS:
            if metric.in_run:
                self.counters[metric.total] += metric.count(tally)
        for phase, seconds in tally.seconds.items():
            self._seconds[f"actor_{phase}"] += seconds
        new = self._new
        new.steps += tally.steps
        new.curiosity += tally.curiosity
        new.curiosity_squares += tally.curiosity_squares
        new.curiosity_size += tally.curiosity_size
        new.extrinsic_size += tally.extrinsic_size
        self.levels.add(tally.levels)
        for episode in tally.episodes:
            self._recent.append(episode)
            self.levels.add_episode(episode)

    def row(self) -> dict[str, Any]:
        """Returns counters and means, None before the first value; those of curiosity are per step since the last row.

        `levels` has the metrics of each level that was played since the last row, by name.
        """
        recent = self._recent
        row: dict[str, Any] = dict(self.counters)
        row["extrinsic_return_mean"] = mean([e.extrinsic_return for e in recent])
        row["curiosity_return_mean"] = mean([e.curiosity_return for e in recent])
        row["episode_steps_mean"] = mean([float(e.steps) for e in recent])
        row |= self._last
        row.update({f"{phase}_seconds_total": seconds for phase, seconds in self._seconds.items()})
        new, self._new = self._new, Tally()
        row["curiosity_mean"] = row["curiosity_spread"] = row["curiosity_share"] = None
        if new.steps:
            row["curiosity_mean"] = average = new.curiosity / new.steps
            row["curiosity_spread"] = math.sqrt(max(0.0, new.curiosity_squares / new.steps - average**2))
        if size := new.curiosity_size + new.extrinsic_size:
            row["curiosity_share"] = new.curiosity_size / size
        judged = [e.extrinsic_return for e in recent if has_contest_rules(e.level.partition("/")[0])]
        row["progress_mean"] = mean([progress_of(r) for r in judged])
        row["completion_rate"] = mean([float(is_completed(r)) for r in judged])
        row["levels"] = self.levels.row()
        row["levels_played"] = self.levels.played
        row["levels_seen"] = self.levels.seen
        return row

    def get_state(self) -> dict[str, Any]:
        return {
            "counters": self.counters,
            "seconds": dict(self._seconds),
            "levels": self.levels.get_state(),
            "recent": [vars(episode) for episode in self._recent],
        }

    def set_state(self, state: dict[str, Any]) -> None:
        self.counters.update(state["counters"])
        self._seconds.update(state["seconds"])
        self.levels.set_state(state["levels"])
        self._recent.extend(Episode(**episode) for episode in state["recent"])
