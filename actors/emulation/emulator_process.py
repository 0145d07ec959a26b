"""The parent's end of an emulator that runs in a process of its own."""

import contextlib
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
"""b"S", action, sticky. What asks for a reset is b"R" and the name of a state."""
DONE = struct.Struct("<cf?Biii")
"""b"D", reward, terminated, frames, x, y, changes. What refuses is b"E" and the reason."""
BORN = struct.Struct("<cI")
"""b"B", pid."""
NOWHERE = (-1, -1)
MESSAGE_BYTES = 65536
_KILL_SECONDS = 10.0
_LOOK_SECONDS = 0.001
_GONE_SECONDS = 1.0


class Answer(NamedTuple):
    """What came of a step; fields as those of `PoolStep`."""

    reward: float
    terminated: bool
    frames: int
    x: int
    y: int
    changes: int


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
        """0 until it was born, which `answer` tells."""
        return self._pid

    def step(self, action: int, sticky: bool) -> None:
        """Asks for a step; a child that is gone is noticed when its answer is read."""
        self._send(STEP.pack(b"S", action, sticky))

    def reset(self, state: str) -> None:
        """Asks for an episode from `state`. The answer is that of a step without reward and frames."""
        self._send(b"R" + state.encode())

    def answer(self, seconds: float) -> Answer | None:
        """What came of the last request, first of all of its birth, which is like a reset.

        Returns:
            None when the child is gone or gives no answer within some seconds.

        Raises:
            EmulatorError: the child says that it cannot do what was asked.
        """
        try:
            message = self._receive(seconds) if self._pid else self._receive_birth(seconds)
        except (ConnectionError, TimeoutError):
            return None
        if not message:
            return None
        if message[:1] == b"E":
            raise EmulatorError(message[1:].decode())
        return Answer(*DONE.unpack(message)[1:])

    def last_words(self) -> str:
        """The end of what the child, and others of its server, printed."""
        return self._server.last_words()

    def kill(self) -> None:
        """Ends the child at once, and waits for its end."""
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
        """Whether the child is there; answers that wait to be read are let go."""
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
        return DONE.pack(b"D", 0.0, False, 0, *NOWHERE, 0)

    def _send(self, message: bytes) -> None:
        # It never waits: a child has one unread message at most, and room for more.
        with contextlib.suppress(ConnectionError):
            self._socket.send(message)


def _lives(pid: int) -> bool:
    """False of one that nobody has buried, too: in a container there may be nobody who does."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except OSError:
        return False
