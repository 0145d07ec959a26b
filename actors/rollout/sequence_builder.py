"""Collects the steps of N emulators into sequences."""

import numpy as np

from world_model.sequences import Sequences
from world_model.spec import WorldModelSpec


class SequenceBuilder:
    """Collects N sequences at a time, one of each emulator. The last frame of a set is the first of the next set."""

    def __init__(self, emulators: int, length: int, spec: WorldModelSpec) -> None:
        n, t, side = emulators, length, spec.observation_size
        self._length = t
        self._frames = np.zeros((n, t + 1, side, side, 3), np.uint8)
        self._first = np.zeros((n, t + 1), bool)
        self._actions = np.zeros((n, t), np.int64)
        self._rewards = np.zeros((n, t), np.float32)
        self._dones = np.zeros((n, t), bool)
        self._positions = np.full((n, t + 1, 2), -1, np.int32)
        self._places = np.full((n, t + 1, 2), np.nan, np.float32)
        self._state = np.zeros((n, 2, spec.hidden), np.float32)
        self._version = 0
        self._t = 0

    def begin(self, frames: np.ndarray) -> None:
        """Begins a set with the first frames of episodes, uint8 [N, S, S, 3]; an unfinished set is discarded."""
        self._t = 0
        self._frames[:, 0] = frames
        self._first[:, 0] = True
        self._positions[:, 0] = -1
        self._places[:, 0] = np.nan

    @property
    def at_start(self) -> bool:
        """Whether the next step is the first of a set."""
        return self._t == 0

    def keep_state(self, state: np.ndarray, version: int) -> None:
        """Keeps M's (h, c) before the first step of a set, float32 [N, 2, hidden], and the weights version used."""
        self._state[:] = state
        self._version = version

    def add(
        self,
        actions: np.ndarray,
        rewards: np.ndarray,
        dones: np.ndarray,
        frames: np.ndarray,
        first: np.ndarray,
        positions: np.ndarray,
        places: np.ndarray,
        levels: tuple[str, ...],
    ) -> Sequences | None:
        """Adds a step of all emulators; returns the sequences if the step completes them, else None.

        Args:
            actions: int [N].
            rewards: float [N].
            dones: bool [N].
            frames: uint8 [N, S, S, 3], after the step.
            first: bool [N], see `Sequences.first`.
            positions: int [N, 2], and places: float [N, 2], after the step, see `Sequences`.
            levels: name of each emulator's level.
        """
        t = self._t
        self._actions[:, t] = actions
        self._rewards[:, t] = rewards
        self._dones[:, t] = dones
        self._frames[:, t + 1] = frames
        self._first[:, t + 1] = first
        self._positions[:, t + 1] = positions
        self._places[:, t + 1] = places
        self._t = t + 1
        if self._t < self._length:
            return None
        done = Sequences(
            frames=self._frames.copy(),
            first=self._first.copy(),
            actions=self._actions.copy(),
            rewards=self._rewards.copy(),
            dones=self._dones.copy(),
            state=self._state.copy(),
            versions=np.full(len(actions), self._version, np.int64),
            positions=self._positions.copy(),
            places=self._places.copy(),
            levels=levels,
        )
        self._frames[:, 0] = self._frames[:, -1]
        self._first[:, 0] = self._first[:, -1]
        self._positions[:, 0] = self._positions[:, -1]
        self._places[:, 0] = self._places[:, -1]
        self._t = 0
        return done
