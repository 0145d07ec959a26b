import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.rollout.visits import CELL_PIXELS, Visits, cells_of

N = 3
STILL = np.zeros((N, 64, 64, 3), np.uint8)
SAME = np.zeros(N, np.int64)
ALL = np.ones(N, bool)
NOWHERE = np.full((N, 2), -1)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(*[st.integers(0, 2)] * N, *[st.integers(0, 1)] * N, *[st.booleans()] * N), min_size=1, max_size=30
    )
)
def test_visits_are_counted_by_episode_place_and_state_of_the_level(steps: list[tuple[int, ...]]) -> None:
    visits = Visits(N)
    histories: list[list[tuple[int, int]]] = [[] for _ in range(N)]
    for step in steps:
        places, changes, transition = step[:N], step[N : 2 * N], step[2 * N :]
        positions = np.array([(CELL_PIXELS * place + 5, 7) for place in places])
        counted = visits.count(positions, np.array(changes), STILL, np.array(transition, bool))
        for i in range(N):
            if not transition[i]:
                histories[i] = []
            histories[i].append((places[i], changes[i]))
            assert counted[i] == histories[i].count((places[i], changes[i]))


def test_cells_are_squares() -> None:
    visits = Visits(N)
    visits.count(np.full((N, 2), 0), SAME, STILL, ALL)
    inside = np.array([(CELL_PIXELS - 1, CELL_PIXELS - 1), (CELL_PIXELS, 0), (0, CELL_PIXELS)])
    assert visits.count(inside, SAME, STILL, ALL).tolist() == [2, 1, 1]


def test_without_a_position_cells_are_pictures() -> None:
    visits = Visits(N)
    other = STILL.copy()
    other[1] = 255
    assert visits.count(NOWHERE, SAME, STILL, ALL).tolist() == [1, 1, 1]
    assert visits.count(NOWHERE, SAME, other, ALL).tolist() == [2, 1, 2]
    # One that has a position beside ones that have none.
    mixed = np.array([(-1, -1), (40, 40), (-1, -1)])
    assert visits.count(mixed, SAME, STILL, ALL).tolist() == [3, 1, 3]


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
    return np.rint(grey / 64 + 1e-9).astype(np.uint8).tobytes()


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
