"""One emulator in a process of its own: the child's loop, and the parent's end of it."""

import contextlib
import ctypes
import mmap
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from actors.emulator import Emulator

_STEP = struct.Struct("<cBB")  # b"S", action, sticky
_DONE = struct.Struct("<cf?Bii")  # b"D", reward, terminated, frames, x, y
_NOWHERE = (-1, -1)
_MESSAGE_BYTES = 65536
_PR_SET_PDEATHSIG = 1


class Answer(NamedTuple):
    """What came of a step; x and y are the player's, below 0 where the game does not tell."""

    reward: float
    terminated: bool
    frames: int
    x: int
    y: int


class EmulatorProcess:
    """The parent's end: a child process with one emulator, whose frames appear in shared memory.

    The memory is anonymous and the socket has no name, so nothing of them can outlive the two processes. The child ends
    when the socket closes, and the kernel kills it when the thread that started it ends, with its process or alone.
    """

    def __init__(
        self,
        game: str,
        actions: Sequence[Sequence[str]],
        frame_skip: int,
        exact: bool,
        memory: int,
        offset: int,
        size: int,
    ) -> None:
        """
        Args:
            memory: file descriptor of the shared memory; offset: where this child's frame [size, size, 3] begins.
        """
        self._socket, child = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process runs
        arguments = [game, "|".join("+".join(a) for a in actions), frame_skip, int(exact), offset, size]
        descriptors = (child.fileno(), memory)
        # -P: the folder that a run is started in may have modules with the names of ours or of Python's own.
        command = [sys.executable, "-P", "-m", __name__, *map(str, (*arguments, *descriptors, os.getpid()))]
        # A session of its own: Ctrl-C in a terminal is for the run, which then ends its emulators.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self._stderr,
            stderr=self._stderr,
            pass_fds=descriptors,
            start_new_session=True,
            env=os.environ
            | {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1", "OPENCV_OPENCL_RUNTIME": "disabled"},
        )
        child.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def step(self, action: int, sticky: bool) -> None:
        """Asks for a step; a child that is gone is noticed when its answer is read."""
        self._send(_STEP.pack(b"S", action, sticky))

    def reset(self, state: str) -> None:
        """Asks for an episode from `state`. The answer is that of a step without reward and frames."""
        self._send(b"R" + state.encode())

    def answer(self, seconds: float) -> Answer | None:
        """What came of the last request; None when the child is gone or gives no answer within some seconds.

        Raises:
            EmulatorError: the child says that it cannot do what was asked.
        """
        try:
            message = self._receive(seconds)
        except (ConnectionError, TimeoutError):
            return None
        if not message:
            return None
        if message[:1] == b"E":
            from actors.emulator import EmulatorError

            raise EmulatorError(message[1:].decode())
        return Answer(*_DONE.unpack(message)[1:])

    def last_words(self) -> str:
        """The end of what the child printed."""
        self._stderr.seek(0)
        return self._stderr.read()[-2000:].decode(errors="replace")

    def kill(self) -> None:
        """Ends the child at once and reaps it."""
        self._process.kill()
        self._process.wait()
        self._socket.close()
        self._stderr.close()

    def _receive(self, seconds: float) -> bytes:
        # Most answers are here already, and a timeout costs two system calls more.
        try:
            return self._socket.recv(_MESSAGE_BYTES, socket.MSG_DONTWAIT)
        except BlockingIOError:
            # 0 would mean something else to the socket.
            self._socket.settimeout(max(seconds, 1e-3))
        try:
            return self._socket.recv(_MESSAGE_BYTES)
        finally:
            self._socket.settimeout(None)

    def _send(self, message: bytes) -> None:
        # It never waits: a child has one unread message at most, and room for more.
        with contextlib.suppress(ConnectionError):
            self._socket.send(message)


def main() -> None:
    game, sets, frame_skip, exact, offset, size, channel_fd, memory_fd, parent = sys.argv[1:]
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):
        return
    # Emulators that share a core take turns by the step instead of interrupting each other: 2-24% more steps.
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    import cv2

    from actors.emulator import Emulator, EmulatorError

    cv2.setNumThreads(1)
    channel = socket.socket(fileno=int(channel_fd))
    side = int(size)
    memory = mmap.mmap(int(memory_fd), 0)
    frame = np.frombuffer(memory, np.uint8, side * side * 3, int(offset)).reshape(side, side, 3)
    try:
        actions = [tuple(filter(None, buttons.split("+"))) for buttons in sets.split("|")]
        emulator = Emulator(game, actions, int(frame_skip), bool(int(exact)))
        channel.send(_DONE.pack(b"D", 0.0, False, 0, *_NOWHERE))
        _serve(emulator, channel, frame)
    except EmulatorError as error:
        channel.send(b"E" + str(error).encode())


def _serve(emulator: "Emulator", channel: socket.socket, frame: np.ndarray) -> None:
    while True:
        message = channel.recv(_MESSAGE_BYTES)
        if not message:
            return
        if message[:1] == b"S":
            _, action, sticky = _STEP.unpack(message)
            reward, terminated, frames = emulator.step(action, bool(sticky))
        else:
            emulator.reset(message[1:].decode())
            reward, terminated, frames = 0.0, False, 0
        emulator.observe(frame)
        channel.send(_DONE.pack(b"D", reward, terminated, frames, *(emulator.position() or _NOWHERE)))


if __name__ == "__main__":
    main()
