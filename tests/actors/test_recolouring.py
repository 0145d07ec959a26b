import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.rollout.recolouring import Recolouring

N = 4
ALL = np.ones(N, bool)
FRAMES = np.random.default_rng(0).integers(0, 256, (N, 64, 64, 3), np.uint8)


def _changed(recolouring: Recolouring) -> np.ndarray:
    return (recolouring(FRAMES) != FRAMES).any((1, 2, 3))


def test_a_share_of_the_episodes_has_colours_of_its_own() -> None:
    recolouring = Recolouring(N, 0.3, 0)
    changed = []
    for _ in range(250):
        recolouring.begin(ALL)
        changed.append(_changed(recolouring))
    assert np.mean(changed) == pytest.approx(0.3, abs=0.05)


@pytest.mark.parametrize(("share", "changed"), [(0.0, False), (1.0, True)])
def test_none_or_all_of_them(share: float, changed: bool) -> None:
    recolouring = Recolouring(N, share, 0)
    recolouring.begin(ALL)
    assert (_changed(recolouring) == changed).all()


@settings(deadline=None)
@given(st.lists(st.lists(st.booleans(), min_size=N, max_size=N), min_size=1, max_size=8))
def test_colours_stay_until_the_episode_ends(begins: list[list[bool]]) -> None:
    recolouring = Recolouring(N, 1.0, 0)
    recolouring.begin(ALL)
    last = recolouring(FRAMES)
    for first in begins:
        recolouring.begin(np.array(first))
        now = recolouring(FRAMES)
        assert now.dtype == np.uint8
        assert now.shape == FRAMES.shape
        assert ((now == last).all((1, 2, 3)) == ~np.array(first)).all()
        last = now


def test_equal_pixels_stay_equal_and_different_ones_differ() -> None:
    """What can be seen in a frame can be seen in it in other colours."""
    halves = np.zeros((N, 64, 64, 3), np.uint8)
    halves[:, :, 32:] = 200, 120, 40
    recolouring = Recolouring(N, 1.0, 3)
    for _ in range(50):
        recolouring.begin(ALL)
        for frame in recolouring(halves):
            assert len(np.unique(frame[:, :32].reshape(-1, 3), axis=0)) == 1
            assert len(np.unique(frame[:, 32:].reshape(-1, 3), axis=0)) == 1
            assert (frame[0, 0] != frame[0, 63]).any()


def test_the_frames_themselves_are_left_alone() -> None:
    recolouring = Recolouring(N, 1.0, 0)
    recolouring.begin(ALL)
    before = FRAMES.copy()
    recolouring(FRAMES)
    assert (before == FRAMES).all()


def test_a_restored_one_draws_the_same_colours() -> None:
    one, other = Recolouring(N, 0.5, 0), Recolouring(N, 0.5, 1)
    one.begin(ALL)
    other.set_state(one.get_state())
    for _ in range(5):
        one.begin(ALL)
        other.begin(ALL)
        assert (one(FRAMES) == other(FRAMES)).all()


def test_frames_of_one_episode_may_come_together() -> None:
    recolouring = Recolouring(N, 0.5, 0)
    recolouring.begin(ALL)
    together = np.stack([FRAMES, FRAMES[::-1]], 1)
    singly = np.stack([recolouring(together[:, 0]), recolouring(together[:, 1])], 1)
    assert (recolouring(together) == singly).all()
