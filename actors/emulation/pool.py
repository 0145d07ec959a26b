"""The base of all pools, N games that step together: sticky actions, levels, and the ends of episodes."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np

from actors.emulation.settings import EmulatorSettings
from actors.games.levels import Level


@dataclass(frozen=True)
class PoolStep:
    """Result of one step of N emulators.

    Attributes:
        frames: uint8 [N, S, S, 3], a view on the pool's memory: valid until the next step.
        rewards: float32 [N]; terminated, truncated: bool [N].
        first: bool [N]; this frame begins an episode: the step was its reset, the action was ignored.
        replaced: bool [N]; the emulator died or hung in this step. Its episode is truncated, its frame is an old one.
        frames_run: int32 [N]; frames that the console ran, 0 in a reset.
        positions: int32 [N, 2]; x and y of the player, below 0 where the game does not tell.
        changes: int32 [N]; another number once the player has changed the level (opened a gate, broken a wall); 0 where
            the game does not tell.
        places: float32 [N, 2]; the player's x and y on the screen, as fractions of its width and height; nan where the
            game does not tell.
        risen: float32 [N]; by how much the episode's return is above its highest so far.
    """

    frames: np.ndarray
    rewards: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    first: np.ndarray
    replaced: np.ndarray
    frames_run: np.ndarray
    positions: np.ndarray
    changes: np.ndarray
    places: np.ndarray
    risen: np.ndarray


class Outcomes(NamedTuple):
    """A step's results of the games; fields as those of `PoolStep`, and 0, -1, False or nan where a game rested."""

    rewards: np.ndarray
    terminated: np.ndarray
    replaced: np.ndarray
    frames_run: np.ndarray
    positions: np.ndarray
    changes: np.ndarray
    places: np.ndarray

    @classmethod
    def nothing(cls, n: int) -> Self:
        return cls(
            np.zeros(n, np.float32),
            np.zeros(n, bool),
            np.zeros(n, bool),
            np.zeros(n, np.int32),
            np.full((n, 2), -1, np.int32),
            np.zeros(n, np.int32),
            np.full((n, 2), np.nan, np.float32),
        )


class Pool(ABC):
    """N emulators that step together, in gymnasium's NEXT_STEP mode: the step after an end is the reset."""

    frames: np.ndarray
    """uint8 [N, S, S, 3]; whatever plays the games writes it."""

    def __init__(
        self,
        games: Sequence[str],
        next_level: Callable[[int], Level],
        settings: EmulatorSettings,
        seed: int | Sequence[int],
    ) -> None:
        """
        Args:
            games: name of each emulator's game, which never changes.
            next_level: called with an emulator's number at each of its resets; returns a level of its game.
            settings: of the emulators and of episodes.
            seed: seed of the sticky actions.
        """
        self._games = list(games)
        self._next_level = next_level
        self._settings = settings
        self._rng = np.random.default_rng(seed)
        n = len(games)
        # None is played before the first reset.
        self.levels = [Level(game, "") for game in games]
        self.restarts_total = 0
        self.rewards_refused = 0
        """Number of rewards that were not finite, which a scenario or a host can give; they count as 0."""
        self._steps = np.zeros(n, np.int64)
        self._most_steps = np.zeros(n, np.int64)
        self._begun = np.zeros(n)
        # Of the running episode: its return, its highest return, and the last step that made progress.
        self._return, self._highest = np.zeros(n), np.zeros(n)
        self._moved_on = np.zeros(n, np.int64)
        self._over = np.ones(n, bool)
        self._working = np.zeros(n, bool)

    @property
    def num_emulators(self) -> int:
        return len(self._games)

    @property
    def pids(self) -> list[int]:
        """Returns the process numbers of the emulators; none if they have no processes."""
        return []

    def reset(self) -> np.ndarray:
        """Starts an episode on every emulator: frames uint8 [N, S, S, 3]."""
        self._over[:] = True
        return self.step(np.zeros(self.num_emulators, np.int64)).frames

    def step(self, actions: np.ndarray) -> PoolStep:
        """Plays one step: `send` of actions, int [N], and `receive`."""
        self.send(actions)
        return self.receive()

    def send(self, actions: np.ndarray, sticky: np.ndarray | None = None, working: np.ndarray | None = None) -> None:
        """Sets the emulators to work. Where an episode is over they reset instead.

        Args:
            actions: int [N].
            sticky: bool [N], drawn by the caller; None: the pool draws.
            working: bool [N]; False where the emulator rests in this step and has no result. None: all work.
        """
        if sticky is None:
            # Drawn for all, so that what one emulator goes through does not shift the others' random numbers.
            sticky = self._rng.random(self.num_emulators) < self._settings.sticky_probability
        self._working = np.ones(self.num_emulators, bool) if working is None else working
        for i in np.flatnonzero(self._working & self._over).tolist():
            self.levels[i] = self._next_level(i)
            most = self._settings.max_episode_steps
            self._most_steps[i] = min(most, self.levels[i].most_steps or most)
        self._begin_step(actions, sticky)

    def receive(self) -> PoolStep:
        """Waits for all emulators. One that dies or hangs is replaced; a reset that fails is tried again.

        Raises:
            EmulatorError: a level has no state.
            EmulatorPoolError: an emulator does not start.
            GymRemoteError: the server that the emulator is attached to has ended, or refused the request.
        """
        working = self._working
        first = self._over & working
        rewards, terminated, replaced, frames_run, positions, changes, places = self._end_step()
        if not np.isfinite(rewards.sum()):
            refused = ~np.isfinite(rewards)
            self.rewards_refused += int(refused.sum())
            rewards = np.where(refused, np.float32(0.0), rewards)
        now = time.monotonic()
        self._steps = np.where(first, 0, self._steps + working)
        self._begun = np.where(first, now, self._begun)
        truncated = self._steps >= self._most_steps
        if self._settings.max_episode_seconds is not None:
            truncated |= now - self._begun >= self._settings.max_episode_seconds
        risen = self._rise(first, rewards)
        if self._settings.stuck_steps is not None:
            truncated |= self._steps - self._moved_on >= self._settings.stuck_steps
        truncated = (truncated & working & ~first & ~terminated) | replaced
        self._over = np.where(working, terminated | truncated, self._over)
        return PoolStep(
            self.frames, rewards, terminated, truncated, first, replaced, frames_run, positions, changes, places, risen
        )

    def unstick(self, which: np.ndarray) -> None:
        """Counts the last step of these emulators, bool [N], as progress, whatever their return: they are not stuck."""
        self._moved_on = np.where(which, self._steps, self._moved_on)

    def _rise(self, first: np.ndarray, rewards: np.ndarray) -> np.ndarray:
        self._return = np.where(first, 0.0, self._return + rewards)
        before = np.where(first, 0.0, self._highest)
        self._highest = np.maximum(before, self._return)
        risen = self._highest - before
        self.unstick(first | (risen > 0))
        return risen.astype(np.float32)

    def get_state(self) -> dict[str, Any]:
        """Returns random state and counters (JSON-able), in one form for all kinds; running episodes are not in it."""
        return {
            "random": self._rng.bit_generator.state,
            "restarts_total": self.restarts_total,
        }

    def set_state(self, state: dict[str, Any]) -> None:
        self._rng.bit_generator.state = state["random"]
        self.restarts_total = state["restarts_total"]

    @abstractmethod
    def close(self) -> None:
        """Ends every emulator."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @abstractmethod
    def _begin_step(self, actions: np.ndarray, sticky: np.ndarray) -> None:
        """Resets the `_working` games that are `_over`; the other ones step, with actions int [N], sticky bool [N]."""

    @abstractmethod
    def _end_step(self) -> Outcomes:
        """Waits for the step that `_begin_step` began, and writes the frames."""
