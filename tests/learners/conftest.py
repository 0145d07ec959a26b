from collections.abc import Callable

import numpy as np
import pytest

from world_model.sequences import Sequences
from world_model.spec import WorldModelSpec

SPEC = WorldModelSpec(actions=10)


@pytest.fixture
def spec() -> WorldModelSpec:
    return SPEC


@pytest.fixture
def make_sequences() -> Callable[..., Sequences]:
    """make_sequences(n, t, level, value): n sequences of t steps whose frames are all `value`."""

    def make(n: int, t: int, level: str = "a", value: int = 0) -> Sequences:
        return Sequences(
            frames=np.full((n, t + 1, 64, 64, 3), value, np.uint8),
            first=np.zeros((n, t + 1), bool),
            actions=np.zeros((n, t), np.int64),
            rewards=np.zeros((n, t), np.float32),
            dones=np.zeros((n, t), bool),
            state=np.zeros((n, 2, SPEC.hidden), np.float32),
            versions=np.zeros(n, np.int64),
            levels=(level,) * n,
        )

    return make
