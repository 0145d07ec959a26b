import json

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from actors.curiosity import Curiosity, CuriositySettings, Kind, cells_of

N = 3
ALL = np.ones(N, bool)


def _curiosity(kind: Kind = "learning_progress", weight: float = 1.0, threshold: float = 0.0) -> Curiosity:
    return Curiosity(CuriositySettings(kind, weight, threshold, 0.99), N)


def _new_frames(rng: np.random.Generator) -> np.ndarray:
    """Frames that fall in cells not seen before."""
    return rng.integers(0, 256, (N, 8, 8, 3), dtype=np.uint8).repeat(8, 1).repeat(8, 2)


STILL = np.zeros((N, 64, 64, 3), np.uint8)


@settings(deadline=None)
@given(arrays(np.float64, N, elements=st.floats(-1e6, 1e6)))
def test_none_pays_nothing(raw: np.ndarray) -> None:
    assert not _curiosity("none").reward(raw, STILL, ALL).any()


@settings(deadline=None)
@given(st.lists(arrays(np.float64, N, elements=st.floats(-1e6, 1e6)), min_size=1, max_size=20))
def test_rewards_are_finite_and_resets_pay_nothing(series: list[np.ndarray]) -> None:
    curiosity = _curiosity(threshold=0.1)
    transition = np.array([True, False, True])
    for raw in series:
        reward = curiosity.reward(raw, STILL, transition)
        assert reward.dtype == np.float32
        assert np.isfinite(reward).all()
        assert reward[1] == 0


one_step = st.tuples(
    arrays(np.float64, N, elements=st.floats(-100, 100)),
    # Which of three flat frames each emulator shows.
    arrays(np.int64, N, elements=st.integers(0, 2)),
    arrays(np.bool_, N),
)


@settings(deadline=None)
@given(
    st.lists(one_step, min_size=1, max_size=20),
    st.sampled_from(["learning_progress", "prediction_error"]),
    st.floats(0, 1),
)
def test_the_reward_is_that_of_the_formula(
    steps: list[tuple[np.ndarray, np.ndarray, np.ndarray]], kind: Kind, threshold: float
) -> None:
    least = {"learning_progress": 0.5, "prediction_error": 1e-3}[kind]
    curiosity = _curiosity(kind, weight=2.0, threshold=threshold)
    shown: list[list[int]] = [[] for _ in range(N)]
    returns = [0.0] * N
    all_returns: list[float] = []
    for raw, colours, transition in steps:
        frames = np.zeros((N, 64, 64, 3), np.uint8) + (100 * colours).astype(np.uint8)[:, None, None, None]
        signals = []
        for i in range(N):
            if not transition[i]:
                shown[i], returns[i] = [], 0.0
            shown[i].append(int(colours[i]))
            signals.append(raw[i] / shown[i].count(colours[i]) ** 0.5 if transition[i] else 0.0)
            returns[i] = 0.99 * returns[i] + signals[i]
        all_returns += returns
        scale = max(float(np.std(all_returns)), least)
        expected = [2.0 * (s / scale - threshold) if t else 0.0 for s, t in zip(signals, transition, strict=True)]
        np.testing.assert_allclose(curiosity.reward(raw, frames, transition), expected, rtol=1e-4, atol=1e-4)


def test_repeats_within_an_episode_pay_less_and_a_new_episode_begins_anew() -> None:
    curiosity = _curiosity("prediction_error")
    # Freezes the scale.
    curiosity._spread.set_state([1e12, 0.0, 1e12])
    paid = [curiosity.reward(np.ones(N), STILL, ALL)[0] for _ in range(4)]
    np.testing.assert_allclose(paid, [1, 2**-0.5, 3**-0.5, 0.5], rtol=1e-4)
    curiosity.reward(np.ones(N), STILL, ~ALL)
    # The reset's frame was the first visit of the new episode.
    np.testing.assert_allclose(curiosity.reward(np.ones(N), STILL, ALL)[0], 2**-0.5, rtol=1e-4)


def test_the_scale_of_a_large_signal_does_not_matter() -> None:
    paid = []
    for scale in (10.0, 1000.0):
        rng = np.random.default_rng(0)
        curiosity = _curiosity()
        rewards = [curiosity.reward(scale * rng.normal(1, 1, N), _new_frames(rng), ALL) for _ in range(500)]
        paid.append(np.array(rewards)[250:])
    np.testing.assert_allclose(paid[0], paid[1], rtol=1e-3)


def test_a_small_signal_is_not_blown_up() -> None:
    rng = np.random.default_rng(0)
    curiosity = _curiosity()
    rewards = [curiosity.reward(rng.normal(0, 1e-4, N), _new_frames(rng), ALL) for _ in range(200)]
    assert np.abs(rewards).max() < 1e-3


def test_boredom_is_subtracted_before_the_weight() -> None:
    rewards = []
    for threshold in (0.0, 0.3):
        curiosity = _curiosity(weight=2.0, threshold=threshold)
        rewards.append(curiosity.reward(np.full(N, 0.5), STILL, ALL))
    np.testing.assert_allclose(rewards[0] - rewards[1], 2.0 * 0.3, rtol=1e-5)


def test_a_resumed_normaliser_pays_the_same() -> None:
    rng = np.random.default_rng(0)
    one, other = _curiosity(), _curiosity()
    for _ in range(50):
        one.reward(rng.normal(3, 5, N), _new_frames(rng), ALL)
    other.set_state(json.loads(json.dumps(one.get_state())))
    # Episodes do not survive a resume.
    one.reward(np.ones(N), STILL, ~ALL)
    other.reward(np.ones(N), STILL, ~ALL)
    for _ in range(20):
        raw, frames, transition = rng.normal(3, 5, N), _new_frames(rng), rng.random(N) < 0.8
        np.testing.assert_array_equal(
            one.reward(raw, frames, transition), other.reward(raw, frames, transition), strict=True
        )
    assert one.get_state() == other.get_state()


def test_emulators_remember_only_what_they_saw_themselves() -> None:
    curiosity = _curiosity("prediction_error")
    curiosity._spread.set_state([1e12, 0.0, 1e12])
    # All see the same, then emulator 1 begins an episode.
    curiosity.reward(np.ones(N), STILL, ALL)
    curiosity.reward(np.ones(N), STILL, np.array([True, False, True]))
    np.testing.assert_allclose(curiosity.reward(np.ones(N), STILL, ALL), [3**-0.5, 2**-0.5, 3**-0.5], rtol=1e-4)


@pytest.mark.parametrize("noise", [0, 3])
def test_cells_are_coarse(noise: int) -> None:
    rng = np.random.default_rng(0)
    frame = np.full((64, 64, 3), 144, np.uint8)
    seen = frame + rng.integers(-noise, noise + 1, frame.shape).astype(np.uint8)
    other = frame.copy()
    other[:16, :16] = 255
    cell, of_seen, of_other = cells_of(np.stack([frame, seen, other]))
    assert of_seen == cell
    assert of_other != cell


def _cell_of(frame: np.ndarray) -> bytes:
    """A cell by its definition, of one frame alone."""
    small = cv2.resize(frame, (8, 8), interpolation=cv2.INTER_AREA)
    grey = small.astype(np.uint16).sum(-1) // 3
    return (grey * 8 // 256).astype(np.uint8).tobytes()


@settings(deadline=None)
@given(
    st.integers(1, 20),
    st.sampled_from([64, 128]),
    # Flat blocks with so much noise have means beside the borders of levels and of roundings.
    st.sampled_from([0, 1, 2, 255]),
    st.integers(0, 2**32 - 1),
)
def test_cells_of_many_frames_are_those_of_each(n: int, side: int, noise: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 256, (n, 8, 8, 3), dtype=np.uint8).repeat(side // 8, 1).repeat(side // 8, 2)
    frames = blocks + rng.integers(0, noise + 1, blocks.shape).astype(np.uint8)
    assert cells_of(frames) == [_cell_of(frame) for frame in frames]
