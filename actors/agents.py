"""Agents that play whole episodes, and the two that need no training."""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from actors.games import actions_of

Player = Callable[[np.ndarray], int]
"""Plays one episode: frame uint8 [S, S, 3] -> action. Called on every frame of the episode, in order."""


class Agent(Protocol):
    """Plays any number of episodes, each by a player of its own that shares no random numbers with the others."""

    def player(self, game: str, rng: np.random.Generator) -> Player:
        """A player for an episode that begins."""


class RandomAgent:
    """Every action is as likely as any other, on every step anew."""

    def player(self, game: str, rng: np.random.Generator) -> Player:
        actions = len(actions_of(game))
        return lambda frame: int(rng.integers(actions))


class HoldRight:
    """Holds RIGHT."""

    def player(self, game: str, rng: np.random.Generator) -> Player:
        right = actions_of(game).index(("RIGHT",))
        return lambda frame: right
