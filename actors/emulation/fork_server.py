"""The parent's end of a process that loads a game and forks every emulator of it; see `emulator_child`."""

import contextlib
import os
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Sequence

PLACE = struct.Struct("<QI")
"""A frame's place: its offset in the shared memory and its side. Channel and memory are sent with it."""
_CHILD = "actors.emulation.emulator_child"


class ForkServer:
    """Starts and commands a fork server. The kernel kills it with the thread that started it, and its forks with it.

    Forks share what they only read, such as the ROM and the core's tables, in memory and in the caches: with 24
    emulators on a core a step takes a sixth less than with processes started one by one. A fork takes milliseconds.
    """

    def __init__(self, game: str, actions: Sequence[Sequence[str]], frame_skip: int, exact: bool) -> None:
        self._socket, child = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process runs
        arguments = [game, "|".join("+".join(a) for a in actions), frame_skip, int(exact), child.fileno(), os.getpid()]
        # -P: the folder that a run is started in may have modules with the names of ours or of Python's own.
        command = [sys.executable, "-P", "-m", _CHILD, *map(str, arguments)]
        # A session of its own: Ctrl-C in a terminal is for the run, which then ends its emulators.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
            pass_fds=[child.fileno()],
            start_new_session=True,
            env=os.environ
            | {
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                "OMP_NUM_THREADS": "1",
                "OPENCV_OPENCL_RUNTIME": "disabled",
            },
        )
        child.close()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def fork(self, channel: socket.socket, memory: int, offset: int, side: int) -> None:
        """Requests an emulator. That the server is dead is noticed when nothing comes through the channel.

        Args:
            channel: the emulator's end of its channel.
            memory: file descriptor of the shared memory.
            offset: where this emulator's frame, uint8 [side, side, 3], begins in it.
        """
        with contextlib.suppress(ConnectionError):
            socket.send_fds(self._socket, [PLACE.pack(offset, side)], [channel.fileno(), memory])

    def last_words(self) -> str:
        """Returns the end of the output of the server and its forks."""
        self._output.seek(0)
        return self._output.read()[-2000:].decode(errors="replace")

    def kill(self) -> None:
        """Kills the server and all its forks, and reaps the server."""
        self._process.kill()
        self._process.wait()
        self._socket.close()
        self._output.close()
