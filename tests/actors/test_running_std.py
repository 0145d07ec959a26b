import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from actors.running_std import RunningStd

batches = st.lists(
    arrays(np.float64, array_shapes(max_dims=1, max_side=9), elements=st.floats(-1e4, 1e4)), min_size=1, max_size=9
)


@settings(deadline=None)
@given(batches)
def test_it_is_the_standard_deviation_of_all_values(series: list[np.ndarray]) -> None:
    running = RunningStd()
    for values in series:
        running.add(values)
    assert running.std == pytest.approx(np.concatenate(series).std(), rel=1e-6, abs=1e-6)


@settings(deadline=None)
@given(batches, batches)
def test_it_goes_on_from_its_state(before: list[np.ndarray], after: list[np.ndarray]) -> None:
    one, other = RunningStd(), RunningStd()
    for values in before:
        one.add(values)
    other.set_state(json.loads(json.dumps(one.get_state())))
    for values in after:
        one.add(values)
        other.add(values)
    assert one.std == other.std


def test_it_is_one_before_the_first_value() -> None:
    assert RunningStd().std == 1.0


def test_a_small_spread_around_a_large_mean_is_not_lost() -> None:
    rng = np.random.default_rng(0)
    series = rng.normal(1e8, 1.0, (1000, 8))
    running = RunningStd()
    for values in series:
        running.add(values)
    assert running.std == pytest.approx(series.std(), rel=1e-3)
