"""An emulator that another program hosts, over gym-remote: a process started by a command, or a running server."""

import os
import tempfile
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from actors.emulation.emulator import EmulatorError
from actors.emulation.emulator_process import NO_PLACE, Answer
from actors.emulation.hosts import HostProcess, Hosts, check_command, own_host
from actors.emulation.screen import resize_screen
from actors.games.games import actions_of
from actors.games.levels import Level
from actors.gym_remote.channels import ArrayChannel
from actors.gym_remote.client import Client
from actors.gym_remote.errors import GymRemoteError, ProtocolError
from actors.portable.contest import FRAME_SKIP
from windup.game import BUTTONS

_TRIED_SIDE = 64
_LAST_WORDS = 300
_BOOT_SECONDS = 60.0
_INT32 = 2**31
_LARGEST_REWARD = float(np.finfo(np.float32).max)


class RemoteEmulator:
    """The counterpart of EmulatorProcess for a host that speaks gym-remote.

    A command with {state} in it starts a host of one level, and another host for each change of level. A command
    without it must start a host with the channel `level`, whose annotation `names` lists the states. A host with the
    channel `sticky` gets which steps are sticky; others draw it themselves. Without the channel `frames` a step counts
    4 frames; without `x` and `y` there is no position, without `changes` it is 0, and without `screen_x` and `screen_y`
    there is no place on the screen.

    With `Hosts.directory` the emulator is attached to a running server: it is waited for as long as a step takes, and
    the error that ends it, such as the contest's limit, is raised by `answer`. The server plays one level, or has
    the channel `level`.
    """

    def __init__(self, hosts: Hosts, game: str, actions: Sequence[Sequence[str]], frame: np.ndarray, seed: int) -> None:
        """
        Args:
            hosts: how hosts are started or found.
            frame: uint8 [S, S, 3]; the resized screens are written to it.
            seed: what {seed} in the command becomes.

        Raises:
            EmulatorError: the command's program does not exist.
        """
        self._hosts = hosts
        self._names = {"game": game, "seed": str(seed)}
        self._game = game
        self._masks = [np.isin(BUTTONS, buttons).astype(np.uint8) for buttons in actions]
        self._frame = frame
        self._words = own_host() if hosts.command is None else check_command(hosts.command)
        self._by_state = any("{state}" in word for word in self._words)
        self._state: str | None = None
        self._host: HostProcess | None = None
        self._client: Client | None = None
        self._request = "boot"
        self._failure: GymRemoteError | None = None
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as hosts run
        if hosts.directory is None and not self._by_state:
            self._start()

    @property
    def pid(self) -> int:
        """Process number of the host; 0 if this process has not started it."""
        return self._host.pid if self._host else 0

    def step(self, action: int, sticky: bool) -> None:
        """Requests a step. That the host is dead is noticed by `answer`."""
        self._request = "step"
        # OpenAI's server remembers a reset that it refused.
        values = {"ac": self._masks[action], "reset": False}
        if self._client and "sticky" in self._client.channels:
            values["sticky"] = sticky
        self._send(values)

    def reset(self, state: str) -> None:
        """Requests an episode from `state`; starts another host for it where a host plays one level."""
        self._request = "reset"
        if self._by_state and state != self._state:
            self._end_host()
            self._names["state"] = self._state = state
            self._start()
        else:
            self._state = state
            self._send_reset()

    def answer(self, seconds: float) -> Answer | None:
        """Returns the result of the last request; None when the host is dead, sends nonsense, or takes longer.

        A host that a reset starts has the time for its start in addition.

        Raises:
            EmulatorError: the host cannot execute the request.
            GymRemoteError: of an attached emulator only: the server has ended, or refused the request.
        """
        attached = self._hosts.directory is not None
        try:
            if self._client is None and (attached or self._host):
                self._connect(seconds if self._request == "boot" else _BOOT_SECONDS)
                if self._request == "reset":
                    self._send_reset()
            if self._request == "boot":
                return Answer(0.0, False, 0, -1, -1, 0, NO_PLACE)
            if self._failure or not self._client:
                raise self._failure or GymRemoteError("there is no host")
            return self._read(self._client.receive(None if attached else seconds))
        except (GymRemoteError, TimeoutError) as error:
            if attached:
                raise
            self._note(error)
            return None

    def last_words(self) -> str:
        """Returns the end of the hosts' output, and what was wrong with the last answer."""
        self._output.seek(0)
        return self._output.read()[-2000:].decode(errors="replace")

    def kill(self) -> None:
        """Kills the host with all processes of its session, and reaps it."""
        self._end_host()
        self._output.close()

    def _start(self) -> None:
        self._host = HostProcess(self._words, self._names, self._output, with_our_code=self._hosts.command is not None)

    def _end_host(self) -> None:
        if self._host:
            self._host.kill()
        if self._client:
            # After its end: a host that hangs reads no message.
            self._client.close()
        self._host = self._client = self._failure = None

    def _connect(self, seconds: float) -> None:
        if self._host:
            self._client = self._host.connect(seconds)
        else:
            self._client = Client(str(self._hosts.directory), seconds)
        self._check(self._client.channels)

    def _check(self, channels: dict[str, Any]) -> None:
        """Checks the channels of a host.

        Raises:
            EmulatorError: they are not those of a Mega Drive, or none of them takes the level.
        """
        buttons, screen = channels["ac"], channels["ob"]
        if buttons.annotations.get("type") != "MultiBinary" or buttons.annotations.get("n") != str(len(BUTTONS)):
            raise EmulatorError(
                f"{self._game}: the host's actions are {buttons.annotations}, not {len(BUTTONS)} buttons"
            )
        if not isinstance(screen, ArrayChannel) or screen.dtype != np.uint8 or screen.shape[2:] != (3,):
            raise EmulatorError(f"{self._game}: the host shows {screen.describe()}, not an RGB screen")
        if self._hosts.directory is None and not self._by_state and "names" not in self._level_of(channels):
            raise EmulatorError(
                f"{self._game}: the host has no channel `level` that lists states by name; with {{state}} in its"
                " command one is started for each level"
            )

    @staticmethod
    def _level_of(channels: dict[str, Any]) -> dict[str, str]:
        """Returns the annotations of the channel `level`; {} if there is no such channel."""
        return channels["level"].annotations if "level" in channels else {}

    def _send_reset(self) -> None:
        values: dict[str, Any] = {"reset": True}
        names = self._level_of(self._client.channels).get("names", "").split() if self._client else []
        if names and not self._by_state:
            if self._state not in names:
                raise EmulatorError(f"{self._game}: its host has no state {self._state}")
            values["level"] = names.index(self._state)
        self._send(values)

    def _send(self, values: dict[str, Any]) -> None:
        if not self._client:
            return
        try:
            self._client.send(values)
        except GymRemoteError as error:
            self._failure = error

    def _read(self, values: dict[str, Any]) -> Answer:
        needed = ("ob",) if self._request == "reset" else ("ob", "reward", "done")
        if not values.keys() >= {*needed}:
            raise ProtocolError(f"an answer with {', '.join(values) or 'nothing'} where {', '.join(needed)} are needed")
        resize_screen(values["ob"], self._frame)
        x, y = (_int32(values.get(name, -1)) for name in ("x", "y"))
        changes = _int32(values.get("changes", 0))
        place = NO_PLACE
        if "screen_x" in values and "screen_y" in values:
            height, width = values["ob"].shape[:2]
            place = (x - _int32(values["screen_x"])) / width, (y - _int32(values["screen_y"])) / height
        if self._request == "reset":
            return Answer(0.0, False, 0, x, y, changes, place)
        # Not with `>`: a nan is not above the limit either.
        if not abs(values["reward"]) <= _LARGEST_REWARD:
            raise ProtocolError(f"a reward of {values['reward']}")
        frames = _int32(values.get("frames", FRAME_SKIP))
        return Answer(values["reward"], values["done"], frames, x, y, changes, place)

    def _note(self, error: Exception) -> None:
        self._output.seek(0, os.SEEK_END)
        self._output.write(f"{type(error).__name__}: {error}\n".encode())
        self._output.flush()


def try_hosts(hosts: Hosts, levels: Iterable[Level]) -> None:
    """Begins an episode of the first level of each game, each on a host of its own.

    Raises:
        EmulatorError: a host does not start; the message has its output in one line.
    """
    for level in {level.game: level for level in reversed([*levels])}.values():
        frame = np.empty((_TRIED_SIDE, _TRIED_SIDE, 3), np.uint8)
        emulator = RemoteEmulator(hosts, level.game, actions_of(level.game), frame, 0)
        try:
            begun = emulator.answer(_BOOT_SECONDS)
            if begun:
                emulator.reset(level.state)
                begun = emulator.answer(_BOOT_SECONDS)
            if not begun:
                words = " / ".join(filter(None, map(str.strip, emulator.last_words().splitlines())))
                raise EmulatorError(f"no host of {level} comes: {words[-_LAST_WORDS:]}")
        finally:
            emulator.kill()


def _int32(number: int) -> int:
    if not -_INT32 <= number < _INT32:
        raise ProtocolError(f"{number} is too large")
    return number
