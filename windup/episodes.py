"""Episodes of N native games: draws levels and sticky actions, counts steps, ends episodes, and saves all of it."""

import json
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from windup.barriers import MOST_STEPS, barriers
from windup.eyes import EYES
from windup.native.games import VARIABLES, Games, StateError
from windup.native.level_numbers import level_number

OBSERVATIONS = ("frames", "state")
SIZES = {64: 64, 128: 128, 320: None, None: None}
"""The native game's size for each size of frames that users may choose."""

_NO_LIMIT = int(np.iinfo(np.int64).max)
_HEAD = struct.Struct("<8sII")
"""Head of a saved episode: magic, then length and CRC-32 of the JSON that precedes the game's own bytes."""
_MAGIC = b"WindupEp"


class Episodes:
    """N games with their episodes.

    Attributes:
        rngs: generator of each game, for levels and sticky actions; must be set before its first episode.
        names: name of each game's level; None before its first episode.
        over: bool [N]; whether the episode has ended.
    """

    def __init__(
        self,
        n: int,
        levels: Sequence[str],
        *,
        obs: str,
        size: int | None,
        frame_skip: int,
        sticky: float,
        stuck_steps: int | None,
        max_steps: int | None,
        threads: int,
    ) -> None:
        """
        Args:
            levels: names of the levels to draw from.
            obs: `frames` or `state`.
            size: of the frames: a key of SIZES.
            frame_skip: frames of a step.
            sticky: probability that a step's first frame repeats the action before.
            stuck_steps: steps without a new highest return after which an episode is cut; None: no limit.
            max_steps: steps after which an episode is cut; None: no limit, except MOST_STEPS at a barrier.

        Raises:
            NativeUnavailable: the native game was not built.
            ValueError: an argument is not what is allowed.
        """
        if obs not in OBSERVATIONS:
            raise ValueError(f"obs: {obs!r}; {' or '.join(OBSERVATIONS)} is allowed")
        if size not in SIZES:
            raise ValueError(f"size: {size!r}; 64, 128, and None or 320 for the console's screen are allowed")
        _check_whole("frame_skip", frame_skip)
        _check_whole("threads", threads)
        if not isinstance(sticky, int | float) or not 0 <= sticky <= 1:
            raise ValueError(f"sticky: {sticky!r}; a number from 0 to 1 is allowed")
        if stuck_steps is not None:
            _check_whole("stuck_steps", stuck_steps)
        if max_steps is not None:
            _check_whole("max_episode_steps", max_steps)
        self._levels = list(levels)
        self._sticky, self._stuck_steps = sticky, stuck_steps
        self._max_steps = _NO_LIMIT if max_steps is None else max_steps
        self._eyes = obs == "state"
        self._arguments = n, 0 if self._eyes else SIZES[size], frame_skip, threads
        self._games = Games(*self._arguments)
        self._variables = np.zeros((n, len(VARIABLES)), np.int32)
        self.rngs: list[np.random.Generator] = []
        self.names: list[str | None] = [None] * n
        self.over = np.zeros(n, bool)
        self._limits = np.full(n, self._max_steps)
        self._steps, self._idle = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self._returns, self._best = np.zeros(n), np.zeros(n)

    def __len__(self) -> int:
        return len(self.names)

    def begin(self, numbers: Sequence[int], names: Sequence[str | None]) -> None:
        """Begins an episode in some games, in the named level, or, for None, in a drawn one."""
        for number, name in zip(numbers, names, strict=True):
            self.names[number] = name or self._levels[int(self.rngs[number].integers(len(self._levels)))]
            self._limits[number] = self._limit(number)
        which = list(numbers)
        self._games.reset(which, [level_number(str(self.names[number])) for number in which])
        self.over[which] = False
        for array in (self._steps, self._idle, self._returns, self._best):
            array[which] = 0

    def step(
        self, actions: npt.ArrayLike, working: npt.NDArray[np.bool_]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Plays a step.

        Args:
            actions: int [N].
            working: bool [N]; False where the game rests.

        Returns:
            Rewards, float64 [N]; terminated, bool [N]; truncated, bool [N].

        Raises:
            ValueError: an action is invalid, or a game has no episode.
        """
        sticky = np.zeros(len(working), bool)
        if self._sticky:
            p = self._sticky
            sticky[:] = [works and rng.random() < p for works, rng in zip(working.tolist(), self.rngs, strict=True)]
        gained, terminated, _, _ = self._games.step(actions, sticky, working)
        rewards = gained.astype(np.float64)
        self._steps += working
        truncated = working & (self._steps >= self._limits)
        if self._stuck_steps is not None:
            self._returns += rewards
            self._idle = np.where(self._returns > self._best, 0, self._idle + working)
            np.maximum(self._best, self._returns, out=self._best)
            truncated |= working & (self._idle >= self._stuck_steps)
        self.over = np.where(working, terminated | truncated, self.over)
        return rewards, terminated, truncated

    def observations(self) -> npt.NDArray[Any]:
        """Returns a new array: uint8 [N, H, W, 3], or float32 [N, EYES]."""
        if not self._eyes:
            return self._games.frames.copy()
        seen = np.empty((len(self), EYES), np.float32)
        self._games.eyes(seen)
        return seen

    def variables(self) -> npt.NDArray[np.int32]:
        """Returns the games' variables, int32 [N, len(VARIABLES)], valid until the next call."""
        self._games.all_variables(self._variables)
        return self._variables

    def screen(self, number: int) -> npt.NDArray[np.uint8]:
        """Returns the console's screen of a game, uint8 [224, 320, 3]."""
        return self._games.screen(number)

    def save(self, number: int) -> bytes:
        """Returns everything that decides how a game's episode goes on, with its random numbers.

        Raises:
            ValueError: the game has no episode.
        """
        game = self._games.save(number)
        header = {
            "level": self.names[number],
            "over": bool(self.over[number]),
            "steps": int(self._steps[number]),
            "idle": int(self._idle[number]),
            "return": float(self._returns[number]),
            "best": float(self._best[number]),
            "rng": self.rngs[number].bit_generator.state,
        }
        text = json.dumps(header).encode()
        return _HEAD.pack(_MAGIC, len(text), zlib.crc32(text)) + text + game

    def load(self, number: int, state: bytes) -> None:
        """Restores a saved episode.

        Raises:
            StateError: the bytes are invalid; the episode stays as it was.
        """
        header, game = _parted(bytes(state))
        level_number(header["level"])
        rng = self.rngs[number].bit_generator
        before, rng.state = rng.state, header["rng"]
        try:
            self._games.load(number, game)
        except StateError:
            rng.state = before
            raise
        self.names[number], self.over[number] = header["level"], header["over"]
        self._limits[number] = self._limit(number)
        self._steps[number], self._idle[number] = header["steps"], header["idle"]
        self._returns[number], self._best[number] = header["return"], header["best"]

    def close(self) -> None:
        self._games.close()

    def _limit(self, number: int) -> int:
        return min(self._max_steps, MOST_STEPS) if self.names[number] in barriers() else self._max_steps

    def __getstate__(self) -> dict[str, Any]:
        begun = [number for number, name in enumerate(self.names) if name is not None]
        saved = {number: self.save(number) for number in begun}
        return {**{name: value for name, value in vars(self).items() if name != "_games"}, "saved": saved}

    def __setstate__(self, state: dict[str, Any]) -> None:
        saved = state.pop("saved")
        vars(self).update(state)
        self._games = Games(*self._arguments)
        for number, episode in saved.items():
            self.load(number, episode)


def check_games(argument: str, n: object) -> None:
    """Checks a number of games.

    Raises:
        ValueError: it is none.
    """
    _check_whole(argument, n)


def _check_whole(name: str, value: object) -> None:
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{name}: {value!r}; a whole number from 1 on is allowed")


def _parted(state: bytes) -> tuple[dict[str, Any], bytes]:
    """Splits a saved episode into its JSON and the game's own bytes.

    Raises:
        StateError: the bytes are not those of `save`.
    """
    if len(state) < _HEAD.size or not state.startswith(_MAGIC):
        raise StateError("these bytes are no saved episode of Windup-v0")
    _, length, crc = _HEAD.unpack_from(state)
    text = state[_HEAD.size : _HEAD.size + length]
    if len(text) != length or zlib.crc32(text) != crc:
        raise StateError("the saved episode is damaged")
    return json.loads(text), state[_HEAD.size + length :]
