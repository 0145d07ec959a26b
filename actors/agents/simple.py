"""Agents that play episodes side by side, and the two that need no training."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from actors.games.games import actions_of

SIMPLE_OBSERVATION_SIZE = 64
"""Side of the frames for agents that do not look."""


class Agent(Protocol):
    """Plays any number of episodes. What it does in one depends neither on how many there are nor on the others."""

    def begin(self, game: str, rng: np.random.Generator) -> Any:
        """What it remembers of an episode that begins; `rng` is the episode's own."""

    def act(self, memories: Sequence[Any], frames: np.ndarray) -> list[int]:
        """The next action in each of N episodes, by what `begin` gave for it, which is updated.

        Args:
            frames: uint8 [N, S, S, 3]. An episode's frames come in order, and all of them.
        """


class RandomAgent:
    """Every action is as likely as any other, on every step anew."""

    def begin(self, game: str, rng: np.random.Generator) -> tuple[int, np.random.Generator]:
        return len(actions_of(game)), rng

    def act(self, memories: Sequence[tuple[int, np.random.Generator]], frames: np.ndarray) -> list[int]:
        return [int(rng.integers(actions)) for actions, rng in memories]


class HoldRight:
    """Holds RIGHT."""

    def begin(self, game: str, rng: np.random.Generator) -> int:
        return actions_of(game).index(("RIGHT",))

    def act(self, memories: Sequence[int], frames: np.ndarray) -> list[int]:
        return list(memories)
