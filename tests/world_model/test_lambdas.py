import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from world_model.lambdas import PARTS, LambdaMeasurement, Lambdas, choose_lambdas

LEAST = {"vae": 0.0, "mdn": -98.0, "inverse": 0.0, "motion": 0.0}
by_part = st.fixed_dictionaries({part: st.floats(-1e6, 1e6) for part in PARTS})
positive = st.fixed_dictionaries({part: st.floats(0.1 if part == "motion" else 1e-3, 1e6) for part in PARTS})


def test_all_are_one_unless_told() -> None:
    assert Lambdas().as_dict() == {"vae": 1.0, "mdn": 1.0, "inverse": 1.0, "motion": 1.0}


def test_joint_weighs_each_part() -> None:
    assert Lambdas(2.0, 3.0, 5.0, 7.0).joint({"vae": 10.0, "mdn": 100.0, "inverse": 1000.0, "motion": 1e4}) == 75320.0


@given(positive)
def test_what_the_parts_can_still_fall_by_is_in_order_and_within_one_order_of_magnitude(
    measured: dict[str, float],
) -> None:
    lambdas = choose_lambdas(measured, LEAST).as_dict()
    left = {part: lambdas[part] * (measured[part] - LEAST[part]) for part in PARTS}
    tolerance = 1 + 1e-6
    assert left["vae"] * tolerance >= left["motion"]
    assert left["motion"] * tolerance >= left["mdn"]
    assert left["mdn"] * tolerance >= left["inverse"]
    assert left["vae"] <= 10 * left["inverse"] * tolerance
    assert lambdas["vae"] == pytest.approx(1.0)


@given(by_part)
def test_lambdas_are_above_zero_and_finite_whatever_was_measured(measured: dict[str, float]) -> None:
    for value in choose_lambdas(measured, LEAST).as_dict().values():
        assert value > 0
        assert math.isfinite(value)


def test_a_motion_loss_that_was_not_measured_yet_gets_no_huge_weight() -> None:
    """A run may begin with games that do not tell the player's place, and go on with others."""
    measured = {"vae": 300.0, "mdn": 100.0, "inverse": 2.3, "motion": 0.0}
    assert choose_lambdas(measured, LEAST).motion == pytest.approx(1500.0)


def test_measurement_takes_the_last_tenth() -> None:
    measurement = LambdaMeasurement(20, LEAST)
    series = [
        {"vae": 100.0 - u, "mdn": 50.0 - u, "inverse": 30.0 - u, "motion": 40.0 - u, "progress": 9.0} for u in range(20)
    ]
    assert [measurement.add(losses) for losses in series[:-1]] == [None] * 19
    end = {part: (series[18][part] + series[19][part]) / 2 for part in PARTS}
    assert measurement.add(series[-1]) == choose_lambdas(end, LEAST)


def test_measurement_goes_on_from_its_state() -> None:
    losses = [{"vae": 9.0 - u, "mdn": 8.0 - u, "inverse": 7.0 - u, "motion": 6.0 - u} for u in range(4)]
    whole, first, second = (LambdaMeasurement(4, LEAST) for _ in range(3))
    for record in losses[:2]:
        first.add(record)
    second.set_state(first.get_state())
    results = [[m.add(record) for record in part][-1] for m, part in ((whole, losses), (second, losses[2:]))]
    assert results[0] == results[1]
    assert results[0] is not None


@pytest.mark.parametrize("updates", [-1, 0, 1])
def test_measuring_over_less_than_two_updates_is_refused(updates: int) -> None:
    with pytest.raises(ValueError, match=f"at least 2 updates, not {updates}"):
        LambdaMeasurement(updates, LEAST)
