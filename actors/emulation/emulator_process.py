"""The parent's end of an emulator that runs in a process of its own."""

import contextlib
import math
import os
import signal
import socket
import struct
import time
from pathlib import Path
from typing import NamedTuple

from actors.emulation.emulator import EmulatorError
from actors.emulation.fork_server import ForkServer

STEP = struct.Struct("<cBB")
"""Request of a step: b"S", action, sticky. The request of a reset is b"R" and the name of a state."""
DONE = struct.Struct("<cf?Biiiff")
"""Answer to both: b"D", reward, terminated, frames, x, y, changes, the place's x and y. A refusal: b"E", the reason."""
BORN = struct.Struct("<cI")
"""First message of a child: b"B", pid."""
NOWHERE = (-1, -1)
NO_PLACE = (math.nan, math.nan)
MESSAGE_BYTES = 65536
_KILL_SECONDS = 10.0
_LOOK_SECONDS = 0.001
_GONE_SECONDS = 1.0


class Answer(NamedTuple):
    """Result of a step or a reset; fields as those of `PoolStep`."""

    reward: float
    terminated: bool
    frames: int
    x: int
    y: int
    changes: int
    place: tuple[float, float]


class EmulatorProcess:
    """The parent's end: a fork of a server, whose frames appear in shared memory.

    The memory is anonymous and the socket has no name, so nothing of them can outlive the two processes. The child ends
    when the socket closes, and the kernel kills it with its server.
    """

    def __init__(self, server: ForkServer, memory: int, offset: int, side: int) -> None:
        """
        Args:
            memory: file descriptor of the shared memory; offset: where this child's frame [side, side, 3] begins.
        """
        self._server = server
        self._socket, child = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        server.fork(child, memory, offset, side)
        child.close()
        self._pid = 0

    @property
    def pid(self) -> int:
        """Process number of the child; 0 until `answer` has received it."""
        return self._pid

    def step(self, action: int, sticky: bool) -> None:
        """Requests a step. That the child is dead is noticed by `answer`."""
        self._send(STEP.pack(b"S", action, sticky))

    def reset(self, state: str) -> None:
        """Requests an episode from `state`. Its answer has no reward and no frames."""
        self._send(b"R" + state.encode())

    def answer(self, seconds: float) -> Answer | None:
        """Waits for the result of the last request; the first one is that of the start, which is like a reset.

        Returns:
            None when the child is dead or does not answer within so many seconds.

        Raises:
            EmulatorError: the child refuses the request.
        """
        try:
            message = self._receive(seconds) if self._pid else self._receive_birth(seconds)
        except (ConnectionError, TimeoutError):
            return None
        if not message:
            return None
        if message[:1] == b"E":
            raise EmulatorError(message[1:].decode())
        _, reward, terminated, frames, x, y, changes, *place = DONE.unpack(message)
        return Answer(reward, terminated, frames, x, y, changes, (place[0], place[1]))

    def last_words(self) -> str:
        """Returns the end of the output of the child and its siblings."""
        return self._server.last_words()

    def kill(self) -> None:
        """Kills the child and waits for its end."""
        if self._pid:
            self._kill_child()
        else:
            # It was never born: it is the server that hangs, or has died.
            self._server.kill()
        self._socket.close()

    def _kill_child(self) -> None:
        # Its number is its own while its end of the socket is open. (A descriptor of the process would be sure of that
        # for ever, but containers may refuse to open one.)
        with contextlib.suppress(ProcessLookupError):
            if self._is_open():
                os.kill(self._pid, signal.SIGKILL)
            deadline = time.monotonic() + _KILL_SECONDS
            while self._is_open() and time.monotonic() < deadline:
                time.sleep(_LOOK_SECONDS)
        # The socket closes a moment before the end.
        deadline = time.monotonic() + _GONE_SECONDS
        while _lives(self._pid) and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)

    def _is_open(self) -> bool:
        """Returns whether the child lives; unread answers are discarded."""
        try:
            while self._socket.recv(MESSAGE_BYTES, socket.MSG_DONTWAIT):
                pass
        except BlockingIOError:
            return True
        except ConnectionError:
            return False
        return False

    def _receive(self, seconds: float) -> bytes:
        # Most answers are here already, and a timeout costs two system calls more.
        try:
            return self._socket.recv(MESSAGE_BYTES, socket.MSG_DONTWAIT)
        except BlockingIOError:
            # 0 would mean something else to the socket.
            self._socket.settimeout(max(seconds, 1e-3))
        try:
            return self._socket.recv(MESSAGE_BYTES)
        finally:
            self._socket.settimeout(None)

    def _receive_birth(self, seconds: float) -> bytes:
        self._socket.settimeout(max(seconds, 1e-3))
        message = self._socket.recv(MESSAGE_BYTES)
        self._socket.settimeout(None)
        if message[:1] != b"B":
            return message
        _, self._pid = BORN.unpack(message)
        return DONE.pack(b"D", 0.0, False, 0, *NOWHERE, 0, *NO_PLACE)

    def _send(self, message: bytes) -> None:
        # It never waits: a child has one unread message at most, and room for more.
        with contextlib.suppress(ConnectionError):
            self._socket.send(message)


def _lives(pid: int) -> bool:
    """Returns whether a process runs. A zombie does not: in a container there may be no process that reaps it."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except OSError:
        return False
