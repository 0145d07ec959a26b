"""One native game with the methods of an emulator."""

import numpy as np

from actors.emulation.emulator import EmulatorError
from actors.emulation.native_levels import native_number
from actors.emulation.screen import resize_screen
from actors.games.levels import Level
from windup.game import GAME
from windup.native.games import Games
from windup.native.library import NativeUnavailable


class NativeEmulator:
    """Windup. Its numbers and screens are those of `actors.emulation.emulator.Emulator`, exact or not."""

    def __init__(self, frame_skip: int = 4) -> None:
        """
        Raises:
            EmulatorError: the native game was not built.
        """
        try:
            # A frame is drawn only when the screen is read.
            self._native = Games(1, 0, frame_skip)
        except NativeUnavailable as error:
            raise EmulatorError(str(error)) from error

    def reset(self, state: str) -> None:
        """See `Emulator.reset`.

        Raises:
            EmulatorError: there is no such level.
        """
        self._native.reset([0], native_number(Level(GAME, state)))

    def step(self, action: int, sticky: bool) -> tuple[float, bool, int]:
        """See `Emulator.step`."""
        rewards, over, frames, _ = self._native.step(np.array([action]), [sticky])
        return float(rewards[0]), bool(over[0]), int(frames[0])

    def screen(self) -> np.ndarray:
        """Returns the screen, uint8 [224, 320, 3]."""
        return self._native.screen(0)

    def observe(self, out: np.ndarray) -> None:
        """Writes the screen, resized, to `out`: uint8 [S, S, 3]."""
        resize_screen(self.screen(), out)

    def position(self) -> tuple[int, int]:
        """Returns x and y of the player in the level, in pixels."""
        known = self._native.variables(0)
        return known["x"], known["y"]

    def changes(self) -> int:
        """Returns the game's variable `changes`: another number once the player has changed the level."""
        return self._native.variables(0)["changes"]

    def variables(self) -> dict[str, int]:
        """Returns the present values of the game's variables by name, without `load_lines`."""
        return self._native.variables(0)
