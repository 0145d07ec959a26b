"""Shows a share of the training episodes in other colours, so that agents do not rely on the colours of their levels.

Domain randomization (Tobin and others, arXiv 1703.06907): what an agent is to do in a zone whose looks it has never
seen is to be the same as where it trained.
"""

from typing import Any

import cv2
import numpy as np

_MIXED = 0.5
"""Most weight with which a channel takes part in another one, before weights are divided by their sum."""
_GAIN = 0.3, 1.3
_BIAS = 25.0
"""Bounds of the factor on every channel, and of what is added to it, of 255."""


class Recolouring:
    """Gives a share of N emulators' episodes colours of their own: channels permuted and mixed, another brightness."""

    def __init__(self, emulators: int, share: float, seed: Any) -> None:
        """
        Args:
            emulators: N.
            share: of the episodes, 0 to 1.
            seed: of the random numbers, for numpy's `default_rng`.
        """
        self._share = share
        self._rng = np.random.default_rng(seed)
        self._changed = np.zeros(emulators, bool)
        self._colours = np.zeros((emulators, 3, 4), np.float32)
        """Each new channel's weights of red, green and blue, and what is added to it."""

    def begin(self, first: np.ndarray) -> None:
        """Draws new colours where an episode begins, bool [N]."""
        for i in first.nonzero()[0]:
            self._changed[i] = self._rng.random() < self._share
            mixed = np.eye(3)[self._rng.permutation(3)] + _MIXED * self._rng.random((3, 3))
            self._colours[i, :, :3] = mixed / mixed.sum(1, keepdims=True) * self._rng.uniform(*_GAIN, (3, 1))
            self._colours[i, :, 3] = self._rng.uniform(-_BIAS, _BIAS, 3)

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        """Returns frames, uint8 [N, S, S, 3], or [N, T, S, S, 3] for T of each, in the colours of their episodes."""
        if not self._changed.any():
            return frames
        result = frames.copy()
        for i in self._changed.nonzero()[0]:
            # As one picture of all pixels in a column; values beyond a byte's become its least or greatest.
            cv2.transform(frames[i].reshape(-1, 1, 3), self._colours[i], dst=result[i].reshape(-1, 1, 3))
        return result

    def get_state(self) -> dict[str, Any]:
        """Returns the state of the random numbers (JSON-able)."""
        return dict(self._rng.bit_generator.state)

    def set_state(self, state: dict[str, Any]) -> None:
        self._rng.bit_generator.state = state
