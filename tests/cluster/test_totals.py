import json

import pytest

from actors.latents import Episode, LevelTally, Tally
from cluster.totals import Totals


def _tally(steps: int, episodes: int = 0, level: str = "a") -> Tally:
    finished = [Episode(level, steps, 10.0 * (i + 1), 0.5) for i in range(episodes)]
    levels = {level: LevelTally(steps, 0.1 * steps)}
    return Tally(
        steps=steps, frames=4 * steps, curiosity=0.1 * steps, weights_taken=1, episodes=finished, levels=levels
    )


def test_counters_add_up_over_actors_and_means_are_of_episodes() -> None:
    totals = Totals()
    totals.add(_tally(10, episodes=2))
    totals.add(_tally(30))
    row = totals.row()
    assert (row["steps_total"], row["frames_total"], row["episodes_total"]) == (40, 160, 2)
    assert row["extrinsic_return_mean"] == 15.0
    assert row["curiosity_mean"] == pytest.approx(0.1)


def test_curiosity_is_of_the_steps_since_the_last_row() -> None:
    totals = Totals()
    totals.add(_tally(10))
    totals.row()
    assert totals.row()["curiosity_mean"] is None
    totals.add(Tally(steps=4, curiosity=8.0))
    assert totals.row()["curiosity_mean"] == 2.0


def test_nothing_yet_is_none_not_zero() -> None:
    row = Totals().row()
    assert row["extrinsic_return_mean"] is None
    assert row["steps_total"] == 0


def test_levels_have_statistics_of_their_own() -> None:
    totals = Totals()
    totals.add(_tally(10, episodes=2, level="a"))
    totals.add(_tally(7, episodes=1, level="b"))
    row = totals.row()
    levels = row["levels"]
    assert {name: (level["steps_total"], level["episodes_total"]) for name, level in levels.items()} == {
        "a": (10, 2),
        "b": (7, 1),
    }
    assert levels["a"]["extrinsic_return_mean"] == 15.0
    # Every step is counted once.
    assert sum(level["steps_total"] for level in levels.values()) == row["steps_total"]
    assert (row["levels_played"], row["levels_seen"]) == (2, 2)
    totals.add(_tally(3, level="b"))
    row = totals.row()
    assert (row["levels_played"], row["levels_seen"]) == (1, 2)


def test_progress_is_that_of_games_with_the_contest_s_rules() -> None:
    totals = Totals()
    assert totals.row()["progress_mean"] is None
    totals.add(_tally(3, episodes=1, level="Airstriker-Genesis-v0/Level1"))
    row = totals.row()
    assert (row["progress_mean"], row["completion_rate"]) == (None, None)
    for value in (4500.0, 9800.0):
        totals.add(Tally(episodes=[Episode("SonicTheHedgehog-Genesis-v0/GreenHillZone.Act1", 9, value, 0.0)]))
    row = totals.row()
    assert (row["progress_mean"], row["completion_rate"]) == (0.75, 0.5)


def test_a_resumed_run_counts_on() -> None:
    totals, resumed = Totals(), Totals()
    totals.add(_tally(10, episodes=3))
    totals.row()
    resumed.set_state(json.loads(json.dumps(totals.get_state())))
    for each in (totals, resumed):
        each.row()
        each.add(_tally(5, episodes=1, level="b"))
    assert resumed.row() == totals.row()
    assert resumed.levels.table() == totals.levels.table()
