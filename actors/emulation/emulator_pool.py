"""Many emulators as one: a process each, frames in shared memory, dead or hung ones replaced."""

import mmap
import os
import tempfile
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from actors.emulation.emulator_process import Answer, EmulatorProcess
from actors.emulation.fork_server import ForkServer
from actors.emulation.hosts import Hosts
from actors.emulation.pool import Outcomes, Pool
from actors.emulation.remote_emulator import RemoteEmulator
from actors.emulation.settings import EmulatorSettings
from actors.games.games import actions_of
from actors.games.levels import Level
from actors.portable.contest import FRAME_SKIP

_BOOT_SECONDS = 60.0
"""Time for an emulator to start, on a machine that is busy starting everything else."""
_BOOT_TRIES = 3


class EmulatorPoolError(RuntimeError):
    """An emulator does not start."""


def nameless_file() -> int:
    """Returns the descriptor of an anonymous file in shared memory, which vanishes with its last user."""
    try:
        return os.memfd_create("sonic-worlds-frames")
    except OSError:
        # A container's filter may refuse it.
        with tempfile.TemporaryFile(dir="/dev/shm") as file:
            return os.dup(file.fileno())


class EmulatorPool(Pool):
    """A pool of emulators, each in a process of this machine: our own, or a gym-remote host's.

    The threads that make and step the pool must outlive it: the kernel kills an emulator with the thread that
    started it.
    """

    def __init__(
        self,
        games: Sequence[str],
        next_level: Callable[[int], Level],
        settings: EmulatorSettings,
        seed: int | Sequence[int],
        size: int = 64,
    ) -> None:
        """Arguments as those of `Pool`, and:

        Args:
            size: side of the frames, in pixels.

        Raises:
            EmulatorError: a game has no ROM, or a level no state.
            EmulatorPoolError: an emulator does not start.
            GymRemoteError: there is no server to attach to.
        """
        super().__init__(games, next_level, settings, seed)
        self._host_seeds = np.random.default_rng([*np.atleast_1d(seed), 1])
        self._hosts = _hosts(settings)
        self._size = size
        n, side = len(games), size
        self._memory_fd = nameless_file()
        os.ftruncate(self._memory_fd, n * side * side * 3)
        self.frames = np.frombuffer(mmap.mmap(self._memory_fd, 0), np.uint8).reshape(n, side, side, 3)
        self._servers: dict[str, ForkServer] = {}
        self._processes: list[EmulatorProcess | RemoteEmulator] = []
        self._close = weakref.finalize(self, _end, self._processes, self._servers, self._memory_fd)
        self._booting = np.ones(n, bool)
        for i in range(n):
            self._processes.append(self._start(i))
        for i in range(n):
            self._wait_for_boot(i)

    @property
    def pids(self) -> list[int]:
        """Waits until all emulators have started, and returns their process numbers."""
        for i in np.flatnonzero(self._booting).tolist():
            self._wait_for_boot(i)
        return [process.pid for process in self._processes]

    def close(self) -> None:
        self._close()

    def _begin_step(self, actions: np.ndarray, sticky: np.ndarray) -> None:
        for i in np.flatnonzero(self._working).tolist():
            if self._over[i]:
                if self._booting[i]:
                    self._wait_for_boot(i)
                self._processes[i].reset(self.levels[i].state)
            else:
                self._processes[i].step(int(actions[i]), bool(sticky[i]))
        self._sent = time.monotonic()

    def _end_step(self) -> Outcomes:
        outcomes = Outcomes.nothing(self.num_emulators)
        for i, answer in self._answers():
            if answer is None and self._over[i]:
                self._reset_again(i)
            elif answer is None:
                outcomes.replaced[i] = True
                self._replace(i)
            else:
                outcomes.rewards[i], outcomes.terminated[i], outcomes.frames_run[i] = answer[:3]
                outcomes.positions[i], outcomes.changes[i] = answer[3:5], answer.changes
                outcomes.places[i] = answer.place
        return outcomes

    def _start(self, i: int) -> EmulatorProcess | RemoteEmulator:
        self._booting[i] = True
        game, side = self._games[i], self._size
        if self._hosts:
            host_seed = int(self._host_seeds.integers(2**31))
            return RemoteEmulator(self._hosts, game, actions_of(game), self.frames[i], host_seed)
        return EmulatorProcess(self._server(game), self._memory_fd, i * side * side * 3, side)

    def _server(self, game: str) -> ForkServer:
        """Returns the game's fork server; starts a new one if it has died."""
        server = self._servers.get(game)
        if server is None or not server.alive:
            if server:
                server.kill()
            settings = self._settings
            server = self._servers[game] = ForkServer(game, actions_of(game), FRAME_SKIP, settings.exact)
        return server

    def _replace(self, i: int) -> None:
        """Ends emulator i and starts another one in its place, without waiting for the start."""
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

    def _reset_again(self, i: int) -> None:
        for _ in range(_BOOT_TRIES):
            self._replace(i)
            self._wait_for_boot(i)
            self._processes[i].reset(self.levels[i].state)
            if self._processes[i].answer(self._settings.timeout_s) is not None:
                return
        raise EmulatorPoolError(f"emulator {i} cannot start {self.levels[i]}:\n{self._processes[i].last_words()}")

    def _answers(self) -> Iterator[tuple[int, Answer | None]]:
        """Yields each emulator's number and answer; None if it died or is not done in time.

        The emulator that got its command last is read first. When it is done most others are: this process then wakes
        up a few times in a step instead of once for each emulator, and disturbs fewer that still work.
        """
        for i in reversed(np.flatnonzero(self._working).tolist()):
            yield i, self._processes[i].answer(self._sent + self._settings.timeout_s - time.monotonic())


def _end(processes: Sequence[EmulatorProcess | RemoteEmulator], servers: Mapping[str, ForkServer], memory: int) -> None:
    for process in processes:
        process.kill()
    for server in servers.values():
        server.kill()
    os.close(memory)


def _hosts(settings: EmulatorSettings) -> Hosts | None:
    """Returns the gym-remote hosts of the emulators; None if they are processes of ours."""
    if settings.kind == "attached":
        return Hosts(directory=str(settings.server))
    return Hosts(settings.host_command) if settings.kind == "gym-remote" else None
