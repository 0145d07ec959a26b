import json
from collections import Counter

import numpy as np
import pytest

from cluster.training.level_replay import LevelReplay

LEVELS = ["a", "b", "c", "d"]


def _all_seen() -> LevelReplay:
    replay = LevelReplay(LEVELS)
    for level, score in zip(LEVELS, (1.0, 4.0, 3.0, 2.0), strict=True):
        replay.record(level, score)
    return replay


def test_before_anything_is_known_all_levels_are_alike() -> None:
    assert LevelReplay(LEVELS).probabilities() == dict.fromkeys(LEVELS, 0.25)


def test_unseen_levels_are_drawn_as_often_as_there_are_any() -> None:
    replay = LevelReplay(LEVELS)
    replay.record("b", 7.0)
    assert replay.probabilities() == pytest.approx({"a": 0.25, "b": 0.25, "c": 0.25, "d": 0.25})
    replay.record("a", 1.0)
    replay.record("b", 2.0)
    probabilities = replay.probabilities()
    assert probabilities["c"] == probabilities["d"] == 0.25
    assert sum(probabilities.values()) == pytest.approx(1)
    assert probabilities["b"] > 8 * probabilities["a"] > 0


def test_seen_levels_are_drawn_by_rank_and_staleness() -> None:
    """Against the paper's formulas, worked out by hand: scores rank b, c, d, a; ages 3, 2, 1, 0 of a, b, c, d."""
    weights = np.array([4.0, 1.0, 2.0, 3.0]) ** -10
    ages = np.array([3.0, 2.0, 1.0, 0.0])
    expected = 0.9 * weights / weights.sum() + 0.1 * ages / ages.sum()
    assert list(_all_seen().probabilities().values()) == pytest.approx(list(expected))


def test_only_the_last_episode_of_a_level_counts() -> None:
    replay = _all_seen()
    replay.record("a", 9.0)
    replay.record("b", 0.1)
    probabilities = replay.probabilities()
    assert max(probabilities, key=lambda level: probabilities[level]) == "a"
    assert replay.scores["b"] == 0.1


def test_no_level_is_ever_forgotten() -> None:
    replay, rng = _all_seen(), np.random.default_rng(0)
    for _ in range(2000):
        odds = replay.probabilities()
        assert sum(odds.values()) == pytest.approx(1)
        level = str(rng.choice(LEVELS, p=list(odds.values())))
        replay.record(level, {"a": 1.0, "b": 4.0, "c": 3.0, "d": 2.0}[level])
    drawn = Counter(str(rng.choice(LEVELS, p=list(replay.probabilities().values()))) for _ in range(2000))
    assert drawn["b"] > 1600
    assert replay.probabilities()["a"] > 0


def test_a_single_level_is_certain() -> None:
    replay = LevelReplay(["a"])
    assert replay.probabilities() == {"a": 1.0}
    replay.record("a", 1.0)
    assert replay.probabilities() == {"a": pytest.approx(1.0)}


def test_state_continues_and_may_be_of_other_levels() -> None:
    replay, resumed = _all_seen(), LevelReplay(LEVELS)
    state = json.loads(json.dumps(replay.get_state()))
    resumed.set_state(state)
    for each in (replay, resumed):
        each.record("c", 0.5)
    assert resumed.probabilities() == replay.probabilities()
    other = LevelReplay(["b", "new"])
    other.set_state(state)
    assert other.probabilities() == pytest.approx({"b": 0.5, "new": 0.5})
