"""A curiosity of your own: the agent is paid for pictures that are unlike the mean picture that it has seen.

PYTHONPATH=examples sonic-worlds train --curiosity own_curiosity:Unlike --emulator native --levels Garden
"""

import numpy as np

from actors.rollout.curiosity import Transition


class Unlike:
    """The curiosity. Each actor makes one object, which gets every step of the actor's N emulators."""

    def __init__(self) -> None:
        self._mean: np.ndarray | None = None

    def __call__(self, transition: Transition) -> np.ndarray:
        """Returns the signal, float [N]: the distance of each frame, in 8 x 8 blocks, from a moving average of all."""
        n, side = transition.frames.shape[:2]
        blocks = transition.frames.reshape(n, 8, side // 8, 8, side // 8, 3).mean((2, 4)) / 255.0
        if self._mean is None:
            self._mean = blocks.mean(0)
        distance = np.abs(blocks - self._mean).mean((1, 2, 3))
        self._mean += 0.01 * (blocks.mean(0) - self._mean)
        # The more often an episode has been in a place, the less it pays.
        return distance / transition.visits
