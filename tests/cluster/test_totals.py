import json

import pytest

from actors.latents import Episode, Tally
from cluster.totals import Totals


def _tally(steps: int, episodes: int = 0, level: str = "a") -> Tally:
    finished = [Episode(level, steps, 10.0 * (i + 1), 0.5) for i in range(episodes)]
    return Tally(steps=steps, frames=4 * steps, curiosity=0.1 * steps, weights_taken=1, episodes=finished)


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
    assert totals.levels == {
        "a": {"episodes": 2, "steps": 20, "extrinsic_return": 30.0},
        "b": {"episodes": 1, "steps": 7, "extrinsic_return": 10.0},
    }


def test_a_resumed_run_counts_on() -> None:
    totals, resumed = Totals(), Totals()
    totals.add(_tally(10, episodes=3))
    resumed.set_state(json.loads(json.dumps(totals.get_state())))
    for each in (totals, resumed):
        each.row()
        each.add(_tally(5, episodes=1, level="b"))
    assert resumed.row() == totals.row()
    assert resumed.levels == totals.levels
