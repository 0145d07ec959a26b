from collections.abc import Callable
from functools import partial

import pytest

from tests import sequences
from world_model.sequences import Sequences
from world_model.spec import WorldModelSpec

SPEC = WorldModelSpec(actions=10)


@pytest.fixture
def spec() -> WorldModelSpec:
    return SPEC


@pytest.fixture
def make_sequences() -> Callable[..., Sequences]:
    """See `tests.sequences`; of SPEC."""
    return partial(sequences.make_sequences, SPEC)
