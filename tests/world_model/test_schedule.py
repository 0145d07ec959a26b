import pytest

from world_model.schedule import LearningRate


def test_warms_up_linearly_and_stays() -> None:
    rate = LearningRate(rate=0.4, warm_up_updates=4)
    assert [rate.at(u) for u in (0, 1, 2, 3, 4, 10**6)] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.4, 0.4])
    assert not rate.frozen(10**6)


def test_without_a_warm_up_begins_with_the_full_rate() -> None:
    assert LearningRate(rate=0.4, warm_up_updates=0).at(0) == 0.4


def test_is_a_hundredth_from_slow_after_on() -> None:
    rate = LearningRate(rate=1.0, warm_up_updates=0, slow_after=5)
    assert [rate.at(u) for u in (4, 5, 6)] == pytest.approx([1.0, 0.01, 0.01])


def test_is_zero_from_freeze_after_on() -> None:
    rate = LearningRate(rate=1.0, warm_up_updates=0, slow_after=3, freeze_after=5)
    assert [rate.at(u) for u in (2, 4, 5, 6)] == pytest.approx([1.0, 0.01, 0.0, 0.0])
    assert [rate.frozen(u) for u in (4, 5)] == [False, True]


def test_freezing_and_slowing_at_once_is_from_the_first_update() -> None:
    assert LearningRate(rate=1.0, warm_up_updates=10, freeze_after=0).at(0) == 0
    assert LearningRate(rate=1.0, warm_up_updates=2, slow_after=0).at(0) == pytest.approx(0.005)
