"""Shows a share of the training episodes in other colours, so that agents do not rely on the colours of their levels.

Domain randomization (Tobin and others, arXiv 1703.06907): what an agent is to do in a zone whose looks it has never
seen is to be the same as where it trained.
"""

from typing import Any

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
        self._mix = np.zeros((emulators, 3, 3), np.float32)
        self._bias = np.zeros((emulators, 1, 3), np.float32)

    def begin(self, first: np.ndarray) -> None:
        """Draws new colours where an episode begins, bool [N]."""
        for i in first.nonzero()[0]:
            self._changed[i] = self._rng.random() < self._share
            mixed = np.eye(3)[self._rng.permutation(3)] + _MIXED * self._rng.random((3, 3))
            self._mix[i] = (mixed / mixed.sum(1, keepdims=True)).T * self._rng.uniform(*_GAIN, 3)
            self._bias[i] = self._rng.uniform(-_BIAS, _BIAS, 3)

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        """Returns frames, uint8 [N, S, S, 3], or [N, T, S, S, 3] for T of each, in the colours of their episodes."""
        changed = self._changed.nonzero()[0]
        if not len(changed):
            return frames
        pixels = frames[changed].reshape(len(changed), -1, 3).astype(np.float32) @ self._mix[changed]
        pixels += self._bias[changed]
        result = frames.copy()
        result[changed] = np.clip(pixels, 0, 255, out=pixels).astype(np.uint8).reshape(-1, *frames.shape[1:])
        return result

    def get_state(self) -> dict[str, Any]:
        """Returns the state of the random numbers (JSON-able)."""
        return dict(self._rng.bit_generator.state)

    def set_state(self, state: dict[str, Any]) -> None:
        self._rng.bit_generator.state = state
