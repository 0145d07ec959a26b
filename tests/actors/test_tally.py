"""What an actor counts, step by step."""

import numpy as np
import pytest

from actors.rollout.tally import CELL_PIXELS, Counting, Episode

NOWHERE = np.full((2, 2), -1)


def _add(counting: Counting, **given: object) -> None:
    """One step of two emulators."""
    step = {
        "levels": ("a", "b"),
        "extrinsic": np.array([10.0, 0.0]),
        "scaled": np.array([0.1, 0.0]),
        "curiosity": np.array([0.5, -0.25]),
        "first": np.array([False, False]),
        "dones": np.array([False, False]),
        "frames": np.array([4, 4]),
        "positions": NOWHERE,
    }
    counting.add(**(step | given))  # type: ignore[arg-type]


def test_sums_are_of_all_emulators_and_of_each_level() -> None:
    counting = Counting(2)
    for _ in range(3):
        _add(counting)
    tally = counting.take()
    assert (tally.steps, tally.frames) == (6, 24)
    assert tally.curiosity == pytest.approx(0.75)
    assert tally.curiosity_squares == pytest.approx(3 * (0.25 + 0.0625))
    assert tally.curiosity_size == pytest.approx(2.25)
    assert tally.extrinsic_size == pytest.approx(0.3)
    assert {name: (level.steps, level.frames) for name, level in tally.levels.items()} == {"a": (3, 12), "b": (3, 12)}
    assert counting.take().steps == 0


def test_a_reset_is_no_step_and_an_end_is_an_episode() -> None:
    counting = Counting(2)
    _add(counting, first=np.array([True, False]), frames=np.array([0, 4]), extrinsic=np.zeros(2))
    _add(counting)
    _add(counting, dones=np.array([True, False]))
    tally = counting.take()
    assert (tally.steps, tally.frames) == (5, 20)
    assert tally.episodes == [Episode("a", 2, 20.0, 1.5)]
    # The next episode begins from nothing.
    _add(counting, dones=np.array([True, True]))
    assert counting.take().episodes == [Episode("a", 1, 10.0, 0.5), Episode("b", 4, 20.0 - 20.0, -1.0)]


def test_visits_are_counted_by_cell_where_the_game_tells() -> None:
    counting = Counting(2)
    side = CELL_PIXELS
    for x in (0, side - 1, side):
        _add(counting, positions=np.array([[x, 3 * side], [-1, -1]]))
    _add(counting, positions=np.array([[5 * side, 0], [-1, -1]]), first=np.array([True, False]))
    levels = counting.take().levels
    assert levels["a"].visits == {(0, 3): 2, (1, 3): 1}
    assert levels["b"].visits == {}
