from pathlib import Path

import pytest

from actors.rollout.env_runner import REPORTS
from actors.rollout.tally import Episode, LevelTally, Tally
from cluster.metrics.totals import Totals
from learners.iteration import Iteration
from world_model.state_tree import load_tree, save_tree


def _tally(steps: int, episodes: int = 0, level: str = "a") -> Tally:
    finished = [Episode(level, steps, 10.0 * (i + 1), 0.5) for i in range(episodes)]
    levels = {level: LevelTally(steps, 0.1 * steps)}
    return Tally(
        steps=steps, frames=4 * steps, curiosity=0.1 * steps, weights_taken=1, episodes=finished, levels=levels
    )


def _done(*tallies: Tally, updates: int = 5, saw: tuple[int, ...] = ()) -> Iteration:
    """An iteration after which the learner has `updates`; the actors' policies had seen `saw`."""
    reports = [
        {"actor": i, "tally": tally, "policy_updates": seen, "shipping": i}
        for i, (tally, seen) in enumerate(zip(tallies, saw or [4] * len(tallies), strict=True))
    ]
    return Iteration({REPORTS: reports}, updates, [], {"wait": 1.0, "learn": 2.0}, {"entropy": 2.25})


def test_counters_add_up_over_actors_and_means_are_of_episodes() -> None:
    totals = Totals()
    totals.add(_done(_tally(10, episodes=2)))
    totals.add(_done(_tally(30)))
    row = totals.row()
    assert (row["steps_total"], row["frames_total"], row["episodes_total"]) == (40, 160, 2)
    assert row["extrinsic_return_mean"] == 15.0
    assert row["curiosity_mean"] == pytest.approx(0.1)


def test_curiosity_is_of_the_steps_since_the_last_row() -> None:
    totals = Totals()
    totals.add(_done(_tally(10)))
    totals.row()
    assert totals.row()["curiosity_mean"] is None
    totals.add(_done(Tally(steps=4, curiosity=8.0)))
    assert totals.row()["curiosity_mean"] == 2.0


def test_nothing_yet_is_none_not_zero() -> None:
    row = Totals().row()
    assert row["extrinsic_return_mean"] is None
    assert row["steps_total"] == 0


def test_levels_have_statistics_of_their_own() -> None:
    totals = Totals()
    totals.add(_done(_tally(10, episodes=2, level="a")))
    totals.add(_done(_tally(7, episodes=1, level="b")))
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
    totals.add(_done(_tally(3, level="b")))
    row = totals.row()
    assert (row["levels_played"], row["levels_seen"]) == (1, 2)


def test_progress_is_that_of_games_with_the_contest_s_rules() -> None:
    totals = Totals()
    assert totals.row()["progress_mean"] is None
    totals.add(_done(_tally(3, episodes=1, level="Airstriker-Genesis-v0/Level1")))
    row = totals.row()
    assert (row["progress_mean"], row["completion_rate"]) == (None, None)
    for value in (4500.0, 9800.0):
        episode = Episode("SonicTheHedgehog-Genesis-v0/GreenHillZone.Act1", 9, value, 0.0)
        totals.add(_done(Tally(episodes=[episode])))
    row = totals.row()
    assert (row["progress_mean"], row["completion_rate"]) == (0.75, 0.5)


def test_a_resumed_run_counts_on(tmp_path: Path) -> None:
    totals, resumed = Totals(), Totals()
    totals.add(_done(_tally(10, episodes=3)))
    totals.row()
    save_tree(tmp_path, "state", totals.get_state())
    resumed.set_state(load_tree(tmp_path, "state"))
    for each in (totals, resumed):
        each.row()
        each.add(_done(_tally(5, episodes=1, level="b")))
    assert resumed.row() == totals.row()
    assert resumed.levels.table() == totals.levels.table()


def test_phases_add_up_and_lag_is_of_the_last_iteration() -> None:
    totals = Totals()
    for _ in range(2):
        tallies = [Tally(), Tally()]
        for tally in tallies:
            tally.seconds["infer"] += 0.5
        totals.add(_done(*tallies, updates=9, saw=(8, 5)))
    row = totals.row()
    assert row["actor_infer_seconds_total"] == 2.0
    assert row["actor_emulate_seconds_total"] == 0.0
    assert (row["ppo_wait_seconds_total"], row["ppo_learn_seconds_total"]) == (2.0, 4.0)
    # One policy is the newest but for the update that its samples made, the other is three updates older.
    assert [row[f"policy_lag_{which}_updates"] for which in ("min", "mean", "max")] == [0, 1.5, 3]
    assert (row["ppo_updates_total"], row["ppo_entropy"], row["ppo_explained_variance"]) == (9, 2.25, None)
    assert (row["rollout_actors"], row["shipments_in_flight"]) == (2, 1)


def test_curiosity_s_spread_and_share() -> None:
    totals = Totals()
    # Paid 1, -1, 3 and 1; the game's rewards were 2 in all.
    totals.add(_done(Tally(steps=4, curiosity=4.0, curiosity_squares=12.0, curiosity_size=6.0, extrinsic_size=2.0)))
    row = totals.row()
    assert row["curiosity_mean"] == 1.0
    assert row["curiosity_spread"] == pytest.approx(2**0.5)
    assert row["curiosity_share"] == 0.75
