"""Plays episodes by a script, and records the truths of every moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from actors.emulation.emulator import Emulator
from actors.games.games import Actions, actions_of
from actors.games.levels import Level
from cluster.scoring.probe_truths import Truths, variable_truths, windup_truths
from windup.eyes import EYES
from windup.native.games import Games
from windup.native.level_numbers import level_number

_STICKY = 0.25
_SHORTEST, _LONGEST = 2, 15
"""Fewest and most steps for which an action is held."""
_RIGHT = 5.0
"""Factor by which actions to the right are more likely than others."""
_STUCK_STEPS, _MOST_STEPS = 150, 1500
"""Steps without a new largest x, and steps in all, after which an episode is cut."""


@dataclass(frozen=True)
class Played:
    """T steps of N games.

    Attributes:
        frames: uint8 [T, N, S, S, 3].
        actions: int64 [T, N], taken after each frame.
        first: bool [T, N]; whether the frame begins an episode.
        levels: int64 [T, N], numbers of the levels.
        truths: by name, each float32 [T, N, columns].
    """

    frames: npt.NDArray[np.uint8]
    actions: npt.NDArray[np.int64]
    first: npt.NDArray[np.bool_]
    levels: npt.NDArray[np.int64]
    truths: Truths


class Stage(Protocol):
    """Interface of N games to play on."""

    def begin(self, which: npt.NDArray[np.intp], levels: Sequence[Level]) -> None: ...

    def step(self, actions: npt.NDArray[np.int64], sticky: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Plays actions, int [N], sticky where bool [N] is set; returns whose episode is over, bool [N]."""

    def note(self, frames: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        """Writes the frames, uint8 [N, S, S, 3], and keeps data for the truths; returns the players' x, int [N]."""

    def truths(self, first: npt.NDArray[np.bool_]) -> Truths:
        """Returns the truths of all moments of `note`."""


class NativeStage:
    """Windup's native games, with truths from perfect eyes."""

    def __init__(self, games: int, size: int) -> None:
        """
        Raises:
            NativeUnavailable: the native game was not built.
        """
        self._games = Games(games, size)
        self._truths: list[Truths] = []

    def begin(self, which: npt.NDArray[np.intp], levels: Sequence[Level]) -> None:
        self._games.reset(which, [level_number(level.state) for level in levels])

    def step(self, actions: npt.NDArray[np.int64], sticky: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        return self._games.step(actions, sticky)[1]

    def note(self, frames: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        frames[:] = self._games.frames
        eyes = np.empty((len(self._games), EYES), np.float32)
        self._games.eyes(eyes)
        self._truths.append(windup_truths(eyes))
        return np.array([self._games.variables(number)["x"] for number in range(len(self._games))])

    def truths(self, first: npt.NDArray[np.bool_]) -> Truths:
        return {name: np.stack([truths[name] for truths in self._truths]) for name in self._truths[0]}


class EmulatorStage:
    """One game in an emulator in this process, with truths from its variables."""

    def __init__(self, game: str) -> None:
        """
        Raises:
            EmulatorError: the game has no ROM.
        """
        self._emulator = Emulator(game, actions_of(game))
        self._variables: list[dict[str, int]] = []

    def begin(self, which: npt.NDArray[np.intp], levels: Sequence[Level]) -> None:
        self._emulator.reset(levels[0].state)

    def step(self, actions: npt.NDArray[np.int64], sticky: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        return np.array([self._emulator.step(int(actions[0]), bool(sticky[0]))[1]])

    def note(self, frames: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        self._emulator.observe(frames[0])
        self._variables.append(self._emulator.variables())
        return np.array([self._variables[-1].get("x", 0)])

    def truths(self, first: npt.NDArray[np.bool_]) -> Truths:
        names = self._variables[0].keys()
        return variable_truths({name: np.array([[step[name]] for step in self._variables]) for name in names}, first)


def play(stage: Stage, games: int, steps: int, levels: Sequence[Level], size: int, seed: int) -> Played:
    """Plays a script that mostly goes right, holds each action for a while, and changes the level when it is stuck.

    Args:
        games: number of games of the stage.
        steps: of each game; an episode's beginning counts as one.
        levels: of one game; each episode draws one.
        size: side of the frames, in pixels.
        seed: of all random numbers.
    """
    rng = np.random.default_rng(seed)
    chances = _chances(actions_of(levels[0].game))
    frames = np.zeros((steps, games, size, size, 3), np.uint8)
    actions, first = np.zeros((steps, games), np.int64), np.zeros((steps, games), bool)
    places = np.zeros((steps, games), np.int64)
    place = np.zeros(games, np.int64)
    held, left = np.zeros(games, np.int64), np.zeros(games, np.int64)
    over = np.ones(games, bool)
    best, idle, age = np.zeros(games, np.int64), np.zeros(games, np.int64), np.zeros(games, np.int64)
    for step in range(steps):
        begun = np.flatnonzero(over)
        if len(begun):
            place[begun] = rng.integers(len(levels), size=len(begun))
            stage.begin(begun, [levels[i] for i in place[begun]])
        first[step], places[step] = over, place
        x = stage.note(frames[step])
        gains = over | (x > best)
        best, idle, age = np.where(gains, x, best), np.where(gains, 0, idle + 1), np.where(over, 0, age + 1)
        new = (left == 0) | over
        held = np.where(new, rng.choice(len(chances), games, p=chances), held)
        left = np.where(new, rng.integers(_SHORTEST, _LONGEST + 1, games), left) - 1
        actions[step] = held
        over = stage.step(held, (rng.random(games) < _STICKY) & ~first[step])
        over |= (idle >= _STUCK_STEPS) | (age >= _MOST_STEPS)
    return Played(frames, actions, first, places, stage.truths(first))


def _chances(actions: Actions) -> npt.NDArray[np.float64]:
    weights = np.array([_RIGHT if "RIGHT" in held and "DOWN" not in held else 1.0 for held in actions])
    return weights / weights.sum()
