import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from actors.rollout.curiosity import Curiosity
from actors.rollout.settings import CuriosityKind as Kind
from actors.rollout.settings import RewardSettings

N = 64
ALL = np.ones(N, bool)
FIRST = np.ones(N, np.int64)
NOTHING = np.zeros(N)
KINDS: list[Kind] = ["first_visits", "learning_progress", "prediction_error"]


def _curiosity(kind: Kind, share: float = 0.2, threshold: float = 0.0) -> Curiosity:
    return Curiosity(kind, RewardSettings(curiosity_share=share, boredom_threshold=threshold))


@settings(deadline=None)
@given(arrays(np.float64, N, elements=st.floats(-1e6, 1e6)))
def test_none_pays_nothing(raw: np.ndarray) -> None:
    assert not _curiosity("none").reward(raw, FIRST, NOTHING, ALL).any()


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            arrays(np.float64, N, elements=st.floats(-1e6, 1e6)),
            arrays(np.int64, N, elements=st.integers(1, 10**6)),
            arrays(np.float64, N, elements=st.floats(-1e6, 1e6)),
            arrays(np.bool_, N),
        ),
        min_size=1,
        max_size=10,
    ),
    st.sampled_from(KINDS),
)
def test_rewards_are_finite_and_resets_pay_nothing(
    series: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]], kind: Kind
) -> None:
    curiosity = _curiosity(kind, threshold=0.1)
    for raw, visits, extrinsic, transition in series:
        reward = curiosity.reward(raw, visits, extrinsic, transition)
        assert reward.dtype == np.float32
        assert np.isfinite(reward).all()
        assert not reward[~transition].any()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.05, 0.2, 0.6])
@pytest.mark.parametrize("size", [1.0, 1000.0])
def test_the_share_is_reached_whatever_the_sizes(kind: Kind, share: float, size: float) -> None:
    rng = np.random.default_rng(0)
    curiosity = _curiosity(kind, share)
    paid, other = 0.0, 0.0
    for step in range(2000):
        raw, visits = size * rng.exponential(1.0, N), rng.integers(1, 5, N)
        extrinsic = size * rng.normal(0.0, 1.0, N)
        reward = curiosity.reward(raw, visits, extrinsic, ALL)
        if step >= 1000:
            paid, other = paid + np.abs(reward).sum(), other + np.abs(extrinsic).sum()
    assert paid / (paid + other) == pytest.approx(share, rel=0.05)


def test_first_visits_pay_alike_and_others_nothing() -> None:
    paid = _curiosity("first_visits").reward(NOTHING, np.tile([1, 2, 3, 1], N // 4), NOTHING, ALL)
    assert (paid[::4] == paid[0]).all()
    assert (paid[3::4] == paid[0]).all()
    assert paid[0] > 0
    assert not paid[1::4].any()
    assert not paid[2::4].any()


@pytest.mark.parametrize("kind", ["learning_progress", "prediction_error"])
def test_repeats_within_an_episode_pay_less(kind: Kind) -> None:
    paid = _curiosity(kind).reward(np.ones(N), np.arange(1, N + 1), NOTHING, ALL)
    np.testing.assert_allclose(paid / paid[0], np.arange(1, N + 1) ** -0.5, rtol=1e-5)


def test_a_small_signal_is_not_blown_up() -> None:
    rng = np.random.default_rng(0)
    curiosity = _curiosity("learning_progress")
    paid = [curiosity.reward(rng.normal(0, 1e-4, N), FIRST, np.ones(N), ALL) for _ in range(200)]
    assert np.abs(paid).mean() < 0.01 * 0.25


def test_a_game_that_gives_nothing_leaves_curiosity_something() -> None:
    paid = _curiosity("first_visits", share=0.5).reward(NOTHING, FIRST, NOTHING, ALL)
    np.testing.assert_allclose(paid, 0.002)


def test_boredom_is_subtracted_before_it_is_weighed() -> None:
    some, less = (
        _curiosity("prediction_error", 0.5, threshold).reward(np.full(N, 3.0), FIRST, np.ones(N), ALL)
        for threshold in (0.0, 0.3)
    )
    np.testing.assert_allclose(some - less, 0.3, rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_resumed_one_pays_the_same(kind: Kind) -> None:
    rng = np.random.default_rng(0)
    one, other = _curiosity(kind), _curiosity(kind)
    for _ in range(50):
        one.reward(rng.normal(3, 5, N), rng.integers(1, 3, N), rng.normal(0, 1, N), ALL)
    other.set_state(json.loads(json.dumps(one.get_state())))
    for _ in range(20):
        step = rng.normal(3, 5, N), rng.integers(1, 3, N), rng.normal(0, 1, N), rng.random(N) < 0.8
        np.testing.assert_array_equal(one.reward(*step), other.reward(*step), strict=True)
    assert one.get_state() == other.get_state()
