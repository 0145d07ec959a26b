"""A pool of Windup's native games: no processes, no sockets, no shared memory."""

from collections.abc import Callable, Sequence

import numpy as np

from actors.emulation.emulator import EmulatorError
from actors.emulation.native_levels import native_number
from actors.emulation.pool import Outcomes, Pool
from actors.emulation.settings import EmulatorSettings
from actors.games.levels import Level
from actors.portable.contest import FRAME_SKIP
from windup.eyes import EYES
from windup.game import GAME
from windup.native.games import SCREEN, Games
from windup.native.library import NativeUnavailable


class NativePool(Pool):
    """Gives the frames, rewards, ends and positions of an EmulatorPool with the same seed and actions.

    The games are stepped in `receive`, by a given number of threads. To begin in `send`, in a thread beside the
    caller's, gains nothing where all cores have work: it took 4% less to 23% more CPU time.
    """

    def __init__(
        self,
        games: Sequence[str],
        next_level: Callable[[int], Level],
        settings: EmulatorSettings,
        seed: int | Sequence[int],
        size: int = 64,
        threads: int = 1,
    ) -> None:
        """Arguments as those of `Pool`, and:

        Args:
            size: side of the frames, in pixels; 0: none are drawn.
            threads: number of threads that step the games.

        Raises:
            EmulatorError: a game is not Windup, or the native game was not built.
        """
        super().__init__(games, next_level, settings, seed)
        for game in games:
            if game != GAME:
                raise EmulatorError(f"{game} is no native game; {GAME} is")
        try:
            self._native = Games(len(games), size, FRAME_SKIP, threads)
        except NativeUnavailable as error:
            raise EmulatorError(str(error)) from error
        self.frames = self._native.frames
        self._actions = self._sticky = np.zeros(0)

    def close(self) -> None:
        self._native.close()

    def eyes(self) -> np.ndarray:
        """Returns what perfect eyes see of each game (`windup.eyes`): a new array, float32 [N, EYES]."""
        seen = np.empty((self.num_emulators, EYES), np.float32)
        self._native.eyes(seen)
        return seen

    def _begin_step(self, actions: np.ndarray, sticky: np.ndarray) -> None:
        self._actions, self._sticky = actions, sticky

    def _end_step(self) -> Outcomes:
        outcomes = Outcomes.nothing(self.num_emulators)
        begin, play = self._working & self._over, self._working & ~self._over
        numbers = np.flatnonzero(begin)
        if len(numbers):
            self._native.reset(numbers, [native_number(self.levels[i]) for i in numbers])
            for i in numbers.tolist():
                known = self._native.variables(i)
                outcomes.positions[i], outcomes.changes[i] = (known["x"], known["y"]), known["changes"]
                outcomes.places[i] = known["x"] - known["screen_x"], known["y"] - known["screen_y"]
        if play.any():
            rewards, terminated, frames_run, positions = self._native.step(self._actions, self._sticky, play)
            outcomes.rewards[play] = rewards[play]
            outcomes.terminated[play] = terminated[play]
            outcomes.frames_run[play] = frames_run[play]
            outcomes.positions[play] = positions[play]
            outcomes.changes[play] = self._native.changes[play]
            outcomes.places[play] = (positions - self._native.cameras)[play]
        outcomes.places[:] /= SCREEN[1], SCREEN[0]
        return outcomes
