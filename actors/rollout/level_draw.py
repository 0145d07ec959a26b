"""Draws the level that an emulator plays next."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from actors.games.levels import Level


class LevelDraw:
    """Assigns a run's emulators to games, and draws the level of each episode, without remote calls.

    An emulator keeps its game. The first episodes of a game's emulators, one of each, are spread evenly over the game's
    levels, so that as many levels as possible are played at once. After that each emulator draws independently.
    """

    def __init__(
        self,
        levels: Sequence[Level],
        first_emulator: int,
        emulators: int,
        total_emulators: int,
        seed: Sequence[int],
        round_robin: bool = False,
    ) -> None:
        """
        Args:
            levels: all levels of the run.
            first_emulator: number of this actor's first emulator among those of the run.
            emulators: number of this actor's emulators.
            total_emulators: number of the run's emulators.
            round_robin: every emulator plays its levels in their order; otherwise they are drawn, uniformly until
                `draw_by` is called.
        """
        games = sorted({level.game for level in levels})
        numbers = range(first_emulator, first_emulator + emulators)
        self.games = [games[number % len(games)] for number in numbers]
        self._choices = {game: [level for level in levels if level.game == game] for game in games}
        self._first = []
        for number in numbers:
            place, index = divmod(number, len(games))
            sharing = len(range(index, total_emulators, len(games)))
            self._first.append(place * len(self._choices[games[index]]) // sharing)
        self._begun = [0] * emulators
        self._round_robin = round_robin
        self._probabilities: dict[str, np.ndarray] = {}
        self._rng = np.random.default_rng(seed)

    def __call__(self, emulator: int) -> Level:
        game = self.games[emulator]
        choices = self._choices[game]
        begun = self._begun[emulator]
        self._begun[emulator] += 1
        if begun == 0 or self._round_robin:
            return choices[(self._first[emulator] + begun) % len(choices)]
        return choices[int(self._rng.choice(len(choices), p=self._probabilities.get(game)))]

    def draw_by(self, probabilities: Mapping[Level, float]) -> None:
        """Sets the probability of every level of the run from now on; those of a game's levels add up to 1."""
        self._probabilities = {
            game: np.array([probabilities[level] for level in choices]) for game, choices in self._choices.items()
        }

    def get_state(self) -> dict[str, Any]:
        """Returns the random state, and the number of episodes that each emulator has begun (JSON-able)."""
        return {"random": self._rng.bit_generator.state, "begun": list(self._begun)}

    def set_state(self, state: dict[str, Any]) -> None:
        """Restores a state of `get_state`. Emulators that it does not have begin with their own first level."""
        self._rng.bit_generator.state = state["random"]
        for i, begun in zip(range(len(self._begun)), state["begun"], strict=False):
            self._begun[i] = begun
