"""Interquartile means, probabilities of improvement, and their intervals."""

from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cluster.scoring import statistics
from cluster.scoring.statistics import interquartile_mean, probability_of_improvement


def test_the_interquartile_mean_leaves_out_the_ends() -> None:
    # Sorted: 0 1 | 2 3 4 5 | 6 1000.
    scores = np.array([[2.0, 1000.0, 4.0, 0.0], [3.0, 6.0, 5.0, 1.0]])
    result = interquartile_mean(scores)
    assert result.value == 3.5
    assert result.low < 3.5 < result.high


def test_seeds_that_agree_leave_no_doubt_however_much_levels_differ() -> None:
    scores = np.tile([100.0, 2000.0, 9000.0], (5, 1))
    result = interquartile_mean(scores)
    assert (result.low, result.high) == (result.value, result.value)


def test_intervals_cover_the_truth_about_as_often_as_they_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "_RESAMPLES", 100)
    rng = np.random.default_rng(0)
    # Symmetric, so that the interquartile mean of the distribution is 0.
    result = [interquartile_mean(rng.normal(size=(10, 6))) for _ in range(60)]
    assert 45 <= sum(each.low <= 0 <= each.high for each in result) <= 60
    assert any(not each.low <= 0 <= each.high for each in result)


def test_improvement_is_a_share_of_pairs_with_ties_shared() -> None:
    low, high = np.array([[1.0, 5.0], [2.0, 5.0]]), np.array([[3.0, 5.0], [3.0, 5.0], [3.0, 5.0]])
    result = probability_of_improvement(high, low)
    # Always better on the first level, never on the second.
    assert (result.value, result.low, result.high) == (0.75, 0.75, 0.75)
    mixed = probability_of_improvement(np.array([[1.0], [4.0]]), np.array([[2.0], [3.0]]))
    assert mixed.value == 0.5
    assert mixed.low < 0.5 < mixed.high


_SCORES = st.lists(st.lists(st.floats(0, 1e4), min_size=3, max_size=3), min_size=1, max_size=4).map(np.array)


@settings(deadline=None, max_examples=25)
@given(_SCORES, _SCORES)
def test_both_directions_of_a_comparison_add_up(scores: np.ndarray, over: np.ndarray) -> None:
    with mock.patch.object(statistics, "_RESAMPLES", 30):
        there, back = probability_of_improvement(scores, over), probability_of_improvement(over, scores)
        mean = interquartile_mean(scores)
    assert there.value + back.value == pytest.approx(1)
    assert 0 <= there.low <= there.high <= 1
    assert scores.min() - 1e-6 <= mean.low <= mean.high <= scores.max() + 1e-6


def test_the_same_scores_give_the_same_intervals() -> None:
    scores = np.random.default_rng(1).normal(size=(4, 5))
    assert interquartile_mean(scores) == interquartile_mean(scores)
