"""Which level an emulator plays next."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from actors.levels import Level


class LevelDraw:
    """Spreads the games over all emulators of the run, and draws each episode's level evenly from its game's."""

    def __init__(self, levels: Sequence[Level], first_emulator: int, emulators: int, seed: Sequence[int]) -> None:
        """
        Args:
            levels: of the whole run.
            first_emulator: the number of this actor's first emulator among all of the run.
            emulators: of this actor.
        """
        games = sorted({level.game for level in levels})
        self.games = [games[(first_emulator + i) % len(games)] for i in range(emulators)]
        self._choices = {game: [level for level in levels if level.game == game] for game in games}
        self._rng = np.random.default_rng(seed)

    def __call__(self, emulator: int) -> Level:
        choices = self._choices[self.games[emulator]]
        return choices[int(self._rng.integers(len(choices)))]

    def get_state(self) -> dict[str, Any]:
        return dict(self._rng.bit_generator.state)

    def set_state(self, state: dict[str, Any]) -> None:
        self._rng.bit_generator.state = state
