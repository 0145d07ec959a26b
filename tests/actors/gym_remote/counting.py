"""An environment that counts, both sides of it also as a program for a Python that has nothing but numpy.

PYTHON counting.py serve|play DIRECTORY
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from actors.gym_remote.client import RemoteEnv
from actors.gym_remote.errors import TimestepLimitError
from actors.gym_remote.server import Hosted, serve

EPISODE_STEPS = 3
SHAPE = (4, 5, 3)
LIMIT = 20


class MultiBinary:
    def __init__(self, n: int) -> None:
        self.n = n


class Box:
    shape = SHAPE
    dtype = np.dtype(np.uint8)


class Counting:
    """An observation is filled with the step's number, and its reward is the number of pressed buttons and a half."""

    observation_space = Box()

    def __init__(self, buttons: int = 12) -> None:
        self.action_space = MultiBinary(buttons)
        self.calls: list[Any] = []
        self.closed = False
        self._step = 0

    def reset(self) -> np.ndarray:
        self.calls.append("reset")
        self._step = 0
        return np.zeros(SHAPE, np.uint8)

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, dict[str, Any]]:
        self.calls.append(action.tolist())
        self._step += 1
        return np.full(SHAPE, self._step, np.uint8), action.sum() + 0.5, self._step == EPISODE_STEPS, {}

    def close(self) -> None:
        self.closed = True


def play(directory: str) -> int:
    """Episodes until the limit is reached, each answer checked; the requests that were answered."""
    answered = 0
    with RemoteEnv(directory) as env:
        try:
            while True:
                assert not env.reset().any()
                answered += 1
                for step in range(1, EPISODE_STEPS + 1):
                    buttons = [(answered >> bit) & 1 for bit in range(12)]
                    ob, reward, done, _ = env.step(buttons)
                    answered += 1
                    assert ob.shape == SHAPE
                    assert (ob == step).all()
                    assert (reward, done) == (sum(buttons) + 0.5, step == EPISODE_STEPS)
        except TimestepLimitError:
            return answered


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        print(serve(Hosted(Counting()), sys.argv[2], LIMIT))
    else:
        print(play(sys.argv[2]))
