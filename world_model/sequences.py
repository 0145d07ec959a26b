"""The sequence: frames, actions, rewards and dones of T consecutive steps of one emulator."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Sequences:
    """B sequences of T steps, of the B emulators of an actor.

    Attributes:
        frames: uint8 [B, T + 1, S, S, 3]; step t leads from frame t to frame t + 1.
        first: bool [B, T + 1]; whether frame t begins an episode. The step that leads to it is the reset, whose action
            had no effect.
        actions: int64 [B, T].
        rewards: float32 [B, T], the game's own reward.
        dones: bool [B, T], whether the episode ended with the step.
        state: float32 [B, 2, hidden], M's (h, c) before frame 0, as the actor had it.
        versions: int64 [B], the weights version behind `state`.
        positions: int32 [B, T + 1, 2], the player's x and y in px at each frame; below 0 where they are not known.
        places: float32 [B, T + 1, 2], the player's x and y on the screen, as fractions of its width and height; nan
            where they are not known, and not from 0 to 1 where the player is out of the screen.
        levels: the level of each sequence's last step.
    """

    frames: np.ndarray
    first: np.ndarray
    actions: np.ndarray
    rewards: np.ndarray
    dones: np.ndarray
    state: np.ndarray
    versions: np.ndarray
    positions: np.ndarray
    places: np.ndarray
    levels: tuple[str, ...]

    def __len__(self) -> int:
        return self.actions.shape[0]

    @property
    def steps(self) -> int:
        """Number of steps, B x T."""
        return self.actions.size

    def arrays(self) -> dict[str, Any]:
        """Returns the array fields by name."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "levels"}
