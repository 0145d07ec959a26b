"""Many emulators as one: a process each, frames in shared memory, dead or hung ones replaced."""

import mmap
import os
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np

from actors.emulator_process import Answer, EmulatorProcess
from actors.fork_server import ForkServer
from actors.games import actions_of
from actors.hosts import Hosts
from actors.levels import Level
from actors.remote_emulator import RemoteEmulator

_BOOT_SECONDS = 60.0
"""Starting Python and the core on a machine that is busy starting everything else."""
_BOOT_TRIES = 3


class EmulatorPoolError(RuntimeError):
    """Emulators that do not start."""


@dataclass(frozen=True)
class EmulatorSettings:
    """
    Attributes:
        observation_size: side of the frames, 64 or 128.
        frame_skip: frames in a step.
        sticky_probability: that a step's first frame repeats the previous action.
        max_episode_steps: after which an episode is truncated; the contest's 18,000 frames.
        max_episode_seconds: the same in wall-clock time; None: no limit.
        exact: variables and screen on every frame.
        timeout_s: a step slower than this is taken for a hang.
        hosts: of remote emulators; None: local ones. Their frame skip is their own: 4.
    """

    observation_size: int = 64
    frame_skip: int = 4
    sticky_probability: float = 0.25
    max_episode_steps: int = 4500
    max_episode_seconds: float | None = None
    exact: bool = False
    timeout_s: float = 3.0
    hosts: Hosts | None = None


@dataclass(frozen=True)
class PoolStep:
    """One step of N emulators.

    Attributes:
        frames: uint8 [N, S, S, 3], a view on the shared memory: valid until the next step.
        rewards: float32 [N]; terminated, truncated: bool [N].
        first: bool [N]; this frame begins an episode: the step was its reset, the action was ignored.
        replaced: bool [N]; the emulator died or hung in this step. Its episode is truncated, its frame is an old one.
        frames_run: int32 [N]; of the console, 0 in a reset.
        positions: int32 [N, 2]; x and y of the player, below 0 where the game does not tell.
    """

    frames: np.ndarray
    rewards: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    first: np.ndarray
    replaced: np.ndarray
    frames_run: np.ndarray
    positions: np.ndarray


class EmulatorPool:
    """N emulators that step together, in gymnasium's NEXT_STEP mode: the step after an end is the reset.

    To be made and stepped in threads that outlive it: the kernel kills an emulator with the thread that started it.
    """

    def __init__(
        self,
        games: Sequence[str],
        next_level: Callable[[int], Level],
        settings: EmulatorSettings,
        seed: int | Sequence[int],
    ) -> None:
        """
        Args:
            games: the game of each emulator, for good.
            next_level: called with the emulator's number at each of its resets; a level of its game.
            seed: of the sticky actions.

        Raises:
            EmulatorError: a game has no ROM, or a level no state.
            EmulatorPoolError: an emulator does not start.
            GymRemoteError: there is no server to attach to.
        """
        self._games = list(games)
        self._next_level = next_level
        self._settings = settings
        self._rng = np.random.default_rng(seed)
        self._host_seeds = np.random.default_rng([*np.atleast_1d(seed), 1])
        n, side = len(games), settings.observation_size
        self._memory_fd = os.memfd_create("sonic-worlds-frames")
        os.ftruncate(self._memory_fd, n * side * side * 3)
        self._frames = np.frombuffer(mmap.mmap(self._memory_fd, 0), np.uint8).reshape(n, side, side, 3)
        self._servers: dict[str, ForkServer] = {}
        self._processes: list[EmulatorProcess | RemoteEmulator] = []
        self._close = weakref.finalize(self, _end, self._processes, self._servers, self._memory_fd)
        # None is played before the first reset.
        self.levels = [Level(game, "") for game in games]
        self.restarts_total = 0
        self._steps = np.zeros(n, np.int64)
        self._begun = np.zeros(n)
        self._over = np.ones(n, bool)
        self._booting = np.ones(n, bool)
        for i in range(n):
            self._processes.append(self._start(i))
        for i in range(n):
            self._wait_for_boot(i)

    @property
    def num_emulators(self) -> int:
        return len(self._games)

    @property
    def pids(self) -> list[int]:
        """The emulators' processes, once all are there."""
        for i in np.flatnonzero(self._booting).tolist():
            self._wait_for_boot(i)
        return [process.pid for process in self._processes]

    def reset(self) -> np.ndarray:
        """Starts an episode on every emulator: frames uint8 [N, S, S, 3]."""
        self._over[:] = True
        return self.step(np.zeros(self.num_emulators, np.int64)).frames

    def step(self, actions: np.ndarray) -> PoolStep:
        """int [N] -> what came of them. `send` and `receive` in one."""
        self.send(actions)
        return self.receive()

    def send(self, actions: np.ndarray, sticky: np.ndarray | None = None, working: np.ndarray | None = None) -> None:
        """Sets the emulators to work. Where an episode is over they reset instead.

        Args:
            actions: int [N].
            sticky: bool [N], of an own draw; None: the pool draws.
            working: bool [N]; False where the emulator rests in this step, and nothing comes of it. None: all work.
        """
        if sticky is None:
            # Drawn for all, so that what one emulator goes through does not shift the others' random numbers.
            sticky = self._rng.random(self.num_emulators) < self._settings.sticky_probability
        self._working = np.ones(self.num_emulators, bool) if working is None else working
        for i in np.flatnonzero(self._working).tolist():
            if self._over[i]:
                self._send_reset(i)
            else:
                self._processes[i].step(int(actions[i]), bool(sticky[i]))
        self._sent = time.monotonic()

    def receive(self) -> PoolStep:
        """Waits for all emulators. One that dies or hangs is replaced; a reset that fails is tried again.

        Raises:
            EmulatorError: a level has no state.
            EmulatorPoolError: an emulator does not start.
            GymRemoteError: the server that the emulator is attached to has ended, or refused what was asked.
        """
        n = self.num_emulators
        working = self._working
        first = self._over & working
        rewards = np.zeros(n, np.float32)
        terminated = np.zeros(n, bool)
        replaced = np.zeros(n, bool)
        frames_run = np.zeros(n, np.int32)
        positions = np.full((n, 2), -1, np.int32)
        for i, answer in self._answers():
            if answer is None and first[i]:
                self._reset_again(i)
            elif answer is None:
                replaced[i] = True
                self._replace(i)
            else:
                rewards[i], terminated[i], frames_run[i], *positions[i] = answer
        now = time.monotonic()
        self._steps = np.where(first, 0, self._steps + working)
        self._begun = np.where(first, now, self._begun)
        truncated = self._steps >= self._settings.max_episode_steps
        if self._settings.max_episode_seconds is not None:
            truncated |= now - self._begun >= self._settings.max_episode_seconds
        truncated = (truncated & working & ~first & ~terminated) | replaced
        self._over = np.where(working, terminated | truncated, self._over)
        return PoolStep(self._frames, rewards, terminated, truncated, first, replaced, frames_run, positions)

    def get_state(self) -> dict[str, Any]:
        """Random state and counters (JSON-able). Episodes under way are not part of it."""
        return {
            "random": self._rng.bit_generator.state,
            "restarts_total": self.restarts_total,
        }

    def set_state(self, state: dict[str, Any]) -> None:
        self._rng.bit_generator.state = state["random"]
        self.restarts_total = state["restarts_total"]

    def close(self) -> None:
        """Ends every emulator."""
        self._close()

    def __enter__(self) -> "EmulatorPool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self, i: int) -> EmulatorProcess | RemoteEmulator:
        self._booting[i] = True
        game, side = self._games[i], self._settings.observation_size
        if self._settings.hosts:
            host_seed = int(self._host_seeds.integers(2**31))
            return RemoteEmulator(self._settings.hosts, game, actions_of(game), self._frames[i], host_seed)
        return EmulatorProcess(self._server(game), self._memory_fd, i * side * side * 3, side)

    def _server(self, game: str) -> ForkServer:
        """That of the game; another one where it has died."""
        server = self._servers.get(game)
        if server is None or not server.alive:
            if server:
                server.kill()
            settings = self._settings
            server = self._servers[game] = ForkServer(game, actions_of(game), settings.frame_skip, settings.exact)
        return server

    def _replace(self, i: int) -> None:
        """Ends emulator i and starts another in its place, without waiting for it."""
        self._processes[i].kill()
        self._processes[i] = self._start(i)
        self.restarts_total += 1

    def _wait_for_boot(self, i: int) -> None:
        for tried in range(_BOOT_TRIES):
            if tried:
                self._replace(i)
            if self._processes[i].answer(_BOOT_SECONDS) is not None:
                self._booting[i] = False
                return
        words = self._processes[i].last_words()
        raise EmulatorPoolError(f"emulator {i} of {self._games[i]} does not start:\n{words}")

    def _send_reset(self, i: int) -> None:
        if self._booting[i]:
            self._wait_for_boot(i)
        self.levels[i] = self._next_level(i)
        self._processes[i].reset(self.levels[i].state)

    def _reset_again(self, i: int) -> None:
        for _ in range(_BOOT_TRIES):
            self._replace(i)
            self._wait_for_boot(i)
            self._processes[i].reset(self.levels[i].state)
            if self._processes[i].answer(self._settings.timeout_s) is not None:
                return
        raise EmulatorPoolError(f"emulator {i} cannot start {self.levels[i]}:\n{self._processes[i].last_words()}")

    def _answers(self) -> Iterator[tuple[int, Answer | None]]:
        """Each emulator's answer; None from one that died or is not done in time.

        The last one that was set to work is asked first. When it is done most others are: this process then wakes up
        a few times in a step instead of once for each emulator, every time in the way of one that works.
        """
        for i in reversed(np.flatnonzero(self._working).tolist()):
            yield i, self._processes[i].answer(self._sent + self._settings.timeout_s - time.monotonic())


def _end(processes: Sequence[EmulatorProcess | RemoteEmulator], servers: Mapping[str, ForkServer], memory: int) -> None:
    for process in processes:
        process.kill()
    for server in servers.values():
        server.kill()
    os.close(memory)
