"""Which level an emulator plays next."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from actors.games.levels import Level


class LevelDraw:
    """Spreads the emulators of the run over games and levels, and draws the level of each episode, with no remote call.

    An emulator has its game for good. The first episodes of a game's emulators are spread evenly over its levels: as
    many emulators, so many levels at once, until all are played. After that each draws on its own.
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
            levels: of the whole run.
            first_emulator: the number of this actor's first emulator among all of the run.
            emulators: of this actor.
            total_emulators: of the run.
            round_robin: every emulator plays its levels in their order; otherwise they are drawn, evenly until
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
        """Draws levels by these probabilities from now on: of every level of the run; 1 in all within each game."""
        self._probabilities = {
            game: np.array([probabilities[level] for level in choices]) for game, choices in self._choices.items()
        }

    def get_state(self) -> dict[str, Any]:
        """The random state, and how many episodes each emulator has begun (JSON-able)."""
        return {"random": self._rng.bit_generator.state, "begun": list(self._begun)}

    def set_state(self, state: dict[str, Any]) -> None:
        """Restores what `get_state` gave. Emulators beyond its number begin with their own first level."""
        self._rng.bit_generator.state = state["random"]
        for i, begun in zip(range(len(self._begun)), state["begun"], strict=False):
            self._begun[i] = begun
