import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from world_model.lambdas import PARTS, LambdaMeasurement, Lambdas, choose_lambdas

loss = st.floats(-1e6, 1e6)
by_part = st.fixed_dictionaries({part: loss for part in PARTS})
positive = st.fixed_dictionaries({part: st.floats(1e-3, 1e6) for part in PARTS})
shares = st.fixed_dictionaries({part: st.floats(0.0, 0.75) for part in PARTS})


def test_all_are_one_unless_told() -> None:
    assert Lambdas().as_dict() == {"vae": 1.0, "mdn": 1.0, "inverse": 1.0}


def test_joint_weighs_each_part() -> None:
    assert Lambdas(2.0, 3.0, 5.0).joint({"vae": 10.0, "mdn": 100.0, "inverse": 1000.0}) == 5320.0


@given(positive, shares)
def test_weighted_reductions_are_in_order_and_within_one_order_of_magnitude(
    begin: dict[str, float], left: dict[str, float]
) -> None:
    end = {part: begin[part] * left[part] for part in PARTS}
    lambdas = choose_lambdas(begin, end).as_dict()
    reduction = {part: lambdas[part] * (begin[part] - end[part]) for part in PARTS}
    tolerance = 1 + 1e-6
    assert reduction["vae"] * tolerance >= reduction["mdn"]
    assert reduction["mdn"] * tolerance >= reduction["inverse"]
    assert reduction["vae"] <= 10 * reduction["inverse"] * tolerance


@given(positive, shares)
def test_the_first_joint_loss_stays_what_it_was(begin: dict[str, float], left: dict[str, float]) -> None:
    lambdas = choose_lambdas(begin, {part: begin[part] * left[part] for part in PARTS})
    assert lambdas.joint(begin) == pytest.approx(Lambdas().joint(begin), rel=1e-6)


@given(by_part, by_part)
def test_lambdas_are_above_zero_and_finite_whatever_was_measured(
    begin: dict[str, float], end: dict[str, float]
) -> None:
    for value in choose_lambdas(begin, end).as_dict().values():
        assert value > 0
        assert math.isfinite(value)


def test_a_part_that_did_not_fall_counts_as_if_it_had_fallen_by_a_quarter() -> None:
    begin = {"vae": 100.0, "mdn": 40.0, "inverse": 2.0}
    expected = choose_lambdas(begin, {"vae": 10.0, "mdn": 30.0, "inverse": 1.5}).as_dict()
    assert choose_lambdas(begin, {"vae": 10.0, "mdn": 39.9, "inverse": 2.1}).as_dict() == pytest.approx(expected)


def test_measurement_compares_the_first_tenth_with_the_last() -> None:
    measurement = LambdaMeasurement(20)
    series = [{"vae": 100.0 - u, "mdn": 50.0 - u, "inverse": 30.0 - u, "progress": 9.0} for u in range(20)]
    assert [measurement.add(losses) for losses in series[:-1]] == [None] * 19
    begin = {part: (series[0][part] + series[1][part]) / 2 for part in PARTS}
    end = {part: (series[18][part] + series[19][part]) / 2 for part in PARTS}
    assert measurement.add(series[-1]) == choose_lambdas(begin, end)


def test_measurement_goes_on_from_its_state() -> None:
    losses = [{"vae": 9.0 - u, "mdn": 8.0 - u, "inverse": 7.0 - u} for u in range(4)]
    whole, first, second = LambdaMeasurement(4), LambdaMeasurement(4), LambdaMeasurement(4)
    for record in losses[:2]:
        first.add(record)
    second.set_state(first.get_state())
    results = [[m.add(record) for record in part][-1] for m, part in ((whole, losses), (second, losses[2:]))]
    assert results[0] == results[1]
    assert results[0] is not None


@pytest.mark.parametrize("updates", [-1, 0, 1])
def test_measuring_over_less_than_two_updates_is_refused(updates: int) -> None:
    with pytest.raises(ValueError, match=f"at least 2 updates, not {updates}"):
        LambdaMeasurement(updates)
