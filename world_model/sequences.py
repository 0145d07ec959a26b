"""The sequence: frames, actions, rewards and dones of T consecutive steps of one emulator."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Sequences:
    """B sequences of T steps of B emulators, as one actor ships them.

    Attributes:
        frames: uint8 [B, T + 1, S, S, 3]; step t leads from frame t to frame t + 1.
        first: bool [B, T + 1]; frame t begins an episode. The step that leads to such a frame is no real transition:
            it is the reset, its action had no effect.
        actions: int64 [B, T].
        rewards: float32 [B, T], the extrinsic reward as the game gives it.
        dones: bool [B, T], the episode ended with this step.
        state: float32 [B, 2, hidden], M's (h, c) before frame 0, as the actor had it.
        versions: int64 [B], the weights version behind `state`.
        levels: the level of each sequence's last step.
    """

    frames: np.ndarray
    first: np.ndarray
    actions: np.ndarray
    rewards: np.ndarray
    dones: np.ndarray
    state: np.ndarray
    versions: np.ndarray
    levels: tuple[str, ...]

    def __len__(self) -> int:
        return self.actions.shape[0]

    @property
    def steps(self) -> int:
        """B x T."""
        return self.actions.size

    def arrays(self) -> dict[str, Any]:
        """The array fields by name."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "levels"}
