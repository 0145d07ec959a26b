"""Agents that play episodes side by side, and the two that need no training."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from actors.games.games import actions_of

SIMPLE_OBSERVATION_SIZE = 64
"""Side of the frames for agents that do not look."""


class Agent(Protocol):
    """Interface of an agent that plays several episodes at once, each independently of the others."""

    def begin(self, game: str, rng: np.random.Generator) -> Any:
        """Returns the agent's memory of a new episode.

        Args:
            game: name of the game.
            rng: random numbers of this episode.
        """

    def act(self, memories: Sequence[Any], frames: np.ndarray) -> list[int]:
        """Returns the next action of each of N episodes, and updates their memories.

        Args:
            memories: what `begin` returned for each episode.
            frames: uint8 [N, S, S, 3], the newest frame of each; no frame of an episode may be left out.
        """


class RandomAgent:
    """Draws an action on every step, all with the same probability."""

    def begin(self, game: str, rng: np.random.Generator) -> tuple[int, np.random.Generator]:
        return len(actions_of(game)), rng

    def act(self, memories: Sequence[tuple[int, np.random.Generator]], frames: np.ndarray) -> list[int]:
        return [int(rng.integers(actions)) for actions, rng in memories]


class HoldRight:
    """Holds RIGHT on every step."""

    def begin(self, game: str, rng: np.random.Generator) -> int:
        return actions_of(game).index(("RIGHT",))

    def act(self, memories: Sequence[int], frames: np.ndarray) -> list[int]:
        return list(memories)
