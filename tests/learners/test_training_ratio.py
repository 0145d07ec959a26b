import pytest
from hypothesis import given
from hypothesis import strategies as st

from learners.training_ratio import TrainingRatio


@given(st.floats(0.01, 10), st.integers(1, 500), st.lists(st.integers(1, 1000), min_size=1, max_size=50))
def test_steps_trained_on_stay_at_the_ratio_of_steps_sampled(ratio: float, per_update: int, came: list[int]) -> None:
    limiter = TrainingRatio(ratio, per_update, max_debt=10**9)
    updates = 0
    for steps in came:
        limiter.add_steps(steps)
        while limiter.owed:
            limiter.count_update()
            updates += 1
    granted = ratio * sum(came)
    assert granted - per_update < updates * per_update + 1e-6
    assert updates * per_update <= granted + 1e-6


def test_debt_is_bounded() -> None:
    limiter = TrainingRatio(1.0, 10, max_debt=3)
    limiter.add_steps(1000)
    assert limiter.owed == 3


def test_state_continues() -> None:
    limiter = TrainingRatio(0.5, 10, max_debt=5)
    limiter.add_steps(30)
    limiter.count_update()
    other = TrainingRatio(0.5, 10, max_debt=5)
    other.set_state(limiter.get_state())
    other.add_steps(10)
    assert other.owed == 1


@pytest.mark.parametrize("wrong", [(0, 1, 1), (1, 0, 1), (1, 1, 0), (-1, 1, 1)])
def test_values_that_mean_nothing_are_refused(wrong: tuple[float, int, int]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        TrainingRatio(*wrong)
