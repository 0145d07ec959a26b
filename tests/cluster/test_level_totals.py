from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from actors.games.contest_rules import is_completed, progress_of
from actors.games.games import WINDUP
from actors.rollout.tally import Episode, LevelTally
from cluster.metrics import level_totals
from cluster.metrics.level_totals import LevelTotals
from cluster.metrics.trained_share import add_trained_share
from world_model.state_tree import load_tree, save_tree

SONIC = "SonicTheHedgehog-Genesis-v0/GreenHillZone.Act1"
AIRSTRIKER = "Airstriker-Genesis-v0/Level1"


@pytest.mark.parametrize(
    ("contest_return", "progress", "completed"),
    [
        (-300.0, 0, False),
        (0, 0, False),
        (4500, 0.5, False),
        (8999.2, 0.9999, False),
        (8999.9, 1, True),
        (9600, 1, True),
    ],
)
def test_a_contest_return_says_how_far_it_went(contest_return: float, progress: float, completed: bool) -> None:
    assert progress_of(contest_return) == pytest.approx(progress, abs=1e-4)
    assert is_completed(contest_return) is completed


def test_a_level_s_row_has_everything() -> None:
    totals = LevelTotals()
    totals.add({SONIC: LevelTally(steps=100, frames=398, curiosity=5.0)})
    totals.add_episode(Episode(SONIC, 60, 9500.0, 1.0))
    totals.add_episode(Episode(SONIC, 30, 2250.0, 1.0))
    assert totals.row() == {
        SONIC: {
            "steps_total": 100,
            "frames_total": 398,
            "episodes_total": 2,
            "extrinsic_return_mean": 5875.0,
            "progress_mean": pytest.approx(0.625),
            "completion_rate": 0.5,
            "curiosity_mean": pytest.approx(0.05),
        }
    }


def test_a_game_without_the_contest_s_rules_has_no_progress() -> None:
    totals = LevelTotals()
    totals.add({AIRSTRIKER: LevelTally(steps=10)})
    totals.add_episode(Episode(AIRSTRIKER, 10, 40.0, 0.0))
    row = totals.row()[AIRSTRIKER]
    assert (row["progress_mean"], row["completion_rate"], row["extrinsic_return_mean"]) == (None, None, 40.0)


def test_a_row_holds_the_levels_played_since_the_last_one_and_the_table_all() -> None:
    totals = LevelTotals()
    totals.add({"b/1": LevelTally(steps=5, curiosity=1.0), "a/1": LevelTally(steps=5)})
    assert list(totals.row()) == ["a/1", "b/1"]
    totals.add({"b/1": LevelTally(steps=5, curiosity=3.0)})
    row = totals.row()
    assert list(row) == ["b/1"]
    assert row["b/1"]["steps_total"] == 10
    assert row["b/1"]["curiosity_mean"] == pytest.approx(0.6)
    assert row["b/1"]["extrinsic_return_mean"] is None
    assert {name: level["steps_total"] for name, level in totals.table().items()} == {"a/1": 5, "b/1": 10}
    assert totals.row() == {}


def test_means_are_of_the_last_episodes() -> None:
    totals = LevelTotals()
    totals.add({"a/1": LevelTally(steps=5)})
    for value in [1000.0] * 5 + [1.0] * level_totals._EPISODES:
        totals.add_episode(Episode("a/1", 5, value, 0.0))
    assert totals.row()["a/1"]["extrinsic_return_mean"] == 1.0


def test_generated_levels_are_taken_together_by_zone(tmp_path: Path) -> None:
    totals, resumed = LevelTotals(), LevelTotals()
    names = [f"{WINDUP}/GeneratedGarden.Seed0.Level{n}" for n in (5, 11)]
    for name in names:
        totals.add(
            {name: LevelTally(steps=10, visits=Counter({(0, 3): 10})), f"{WINDUP}/Garden.Act1": LevelTally(steps=1)}
        )
        totals.add_episode(Episode(name, 10, 4500.0, 0.0))
    (garden, zone) = totals.row().items()
    assert garden[0] == f"{WINDUP}/Garden.Act1"
    assert zone[0] == f"{WINDUP}/GeneratedGarden"
    assert [zone[1][name] for name in ("steps_total", "episodes_total", "progress_mean")] == [20, 2, 0.5]
    assert (totals.played, totals.seen) == (3, 3)
    # A place in one is another in the next.
    assert totals.visits()[zone[0]] == {}
    save_tree(tmp_path, "state", totals.get_state())
    resumed.set_state(load_tree(tmp_path, "state"))
    assert (resumed.table(), resumed.seen) == (totals.table(), 3)
    resumed.add({names[0]: LevelTally(steps=1)})
    resumed.row()
    assert (resumed.played, resumed.seen) == (1, 3)


def test_a_checkpoint_from_before_generated_levels_continues() -> None:
    totals, resumed = LevelTotals(), LevelTotals()
    totals.add({SONIC: LevelTally(steps=1)})
    resumed.set_state(
        {name: {k: v for k, v in its.items() if k != "names"} for name, its in totals.get_state().items()}
    )
    assert (resumed.table(), resumed.seen) == (totals.table(), 1)


def test_the_pool_s_counts_of_generated_levels_are_their_zone_s() -> None:
    names = [f"{WINDUP}/GeneratedGarden.Seed0.Level{n}" for n in (5, 11)]
    row: dict[str, Any] = {
        "sequences_total": 9,
        "sequences_refused_total": 1,
        "sequences_seen_total": 5,
        "levels": {f"{WINDUP}/GeneratedGarden": {}, SONIC: {}},
        "pool_level_counts": {names[0]: [3, 2], names[1]: [4, 1], SONIC: [2, 2], AIRSTRIKER: [1, 0]},
    }
    add_trained_share(row)
    assert row["trained_share"] == 0.5
    assert row["levels"] == {
        f"{WINDUP}/GeneratedGarden": {"sequences_total": 7, "sequences_seen_total": 3},
        SONIC: {"sequences_total": 2, "sequences_seen_total": 2},
    }


def test_state_continues(tmp_path: Path) -> None:
    totals, resumed = LevelTotals(), LevelTotals()
    totals.add({SONIC: LevelTally(steps=100, curiosity=5.0, visits=Counter({(0, 3): 60, (1, 3): 40}))})
    totals.add_episode(Episode(SONIC, 60, 9500.0, 1.0))
    totals.row()
    save_tree(tmp_path, "state", totals.get_state())
    resumed.set_state(load_tree(tmp_path, "state"))
    assert resumed.table() == totals.table()
    for each in (totals, resumed):
        each.add({SONIC: LevelTally(steps=7, visits=Counter({(1, 3): 7})), f"{WINDUP}/x": LevelTally(steps=1)})
        each.add_episode(Episode(SONIC, 7, 100.0, 1.0))
    assert resumed.row() == totals.row()
    assert resumed.visits() == totals.visits() == {SONIC: {(0, 3): 60, (1, 3): 47}, f"{WINDUP}/x": {}}
