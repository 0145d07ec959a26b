import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from actors.rollout.running_mean import RunningMean

batches = st.lists(arrays(np.float64, st.integers(0, 9), elements=st.floats(-1e4, 1e4)), min_size=1, max_size=9)


@settings(deadline=None)
@given(batches)
def test_it_is_the_mean_of_the_first_values(series: list[np.ndarray]) -> None:
    running = RunningMean()
    for values in series:
        running.add(values)
    everything = np.concatenate(series)
    assert running.mean == pytest.approx(everything.mean() if len(everything) else 0.0, rel=1e-2, abs=10.0)


@settings(deadline=None)
@given(batches, batches)
def test_it_goes_on_from_its_state(before: list[np.ndarray], after: list[np.ndarray]) -> None:
    one, other = RunningMean(), RunningMean()
    for values in before:
        one.add(values)
    other.set_state(json.loads(json.dumps(one.get_state())))
    for values in after:
        one.add(values)
        other.add(values)
    assert one.mean == other.mean


def test_it_forgets() -> None:
    running = RunningMean()
    for value in (1.0, 5.0):
        for _ in range(2000):
            running.add(np.full(64, value))
    assert running.mean == pytest.approx(5.0, abs=0.02)
