"""Sequences of which most is nothing."""

from typing import Any

import numpy as np

from world_model.sequences import Sequences
from world_model.spec import WorldModelSpec


def make_sequences(spec: WorldModelSpec, n: int, t: int, level: str = "a", value: int = 0, **arrays: Any) -> Sequences:
    """n sequences of t steps of a level, whose frames are all `value`, but for the arrays that are given."""
    side = spec.observation_size
    nothing: dict[str, Any] = {
        "frames": np.full((n, t + 1, side, side, 3), value, np.uint8),
        "first": np.zeros((n, t + 1), bool),
        "actions": np.zeros((n, t), np.int64),
        "rewards": np.zeros((n, t), np.float32),
        "dones": np.zeros((n, t), bool),
        "state": np.zeros((n, 2, spec.hidden), np.float32),
        "versions": np.zeros(n, np.int64),
        "positions": np.full((n, t + 1, 2), -1, np.int32),
        "places": np.full((n, t + 1, 2), np.nan, np.float32),
        "levels": (level,) * n,
    }
    return Sequences(**(nothing | arrays))
