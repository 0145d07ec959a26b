"""The process that loads a game, and the emulators that it forks."""

import contextlib
import ctypes
import gc
import mmap
import os
import signal
import socket
import sys
from pathlib import Path

import cv2
import numpy as np

from actors.emulation.emulator import Emulator, EmulatorError
from actors.emulation.emulator_process import BORN, DONE, MESSAGE_BYTES, NOWHERE, STEP
from actors.emulation.fork_server import PLACE

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_NICENESS = 5


def main() -> None:
    game, sets, frame_skip, exact, requests_fd, parent = sys.argv[1:]
    if not _die_with(int(parent)):
        return
    with contextlib.suppress(OSError):
        # Emulators that share a core take turns by the step instead of interrupting each other: 2-24% more steps.
        # A container's filter may refuse it, and they play without it.
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    _give_way()
    # The kernel buries the forks.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    cv2.setNumThreads(1)
    actions = [tuple(filter(None, buttons.split("+"))) for buttons in sets.split("|")]
    loaded: Emulator | EmulatorError
    try:
        loaded = Emulator(game, actions, int(frame_skip), bool(int(exact)))
    except EmulatorError as error:
        loaded = error
    # Memory that the collector does not look through stays shared.
    gc.collect()
    gc.freeze()
    _fork_on_request(socket.socket(fileno=int(requests_fd)), loaded)


def _fork_on_request(requests: socket.socket, loaded: Emulator | EmulatorError) -> None:
    """Forks an emulator for every request, until the other end of the socket is closed."""
    server = os.getpid()
    while True:
        place, descriptors, _, _ = socket.recv_fds(requests, PLACE.size, 2)
        if not place:
            return
        channel, memory = socket.socket(fileno=descriptors[0]), descriptors[1]
        if isinstance(loaded, EmulatorError):
            channel.send(b"E" + str(loaded).encode())
        elif os.fork() == 0:
            requests.close()
            # The name that `top` shows.
            _LIBC.prctl(_PR_SET_NAME, b"emulator")
            if _die_with(server):
                _serve(loaded, channel, memory, *PLACE.unpack(place))
            # At once: what the server would do at its end is none of a fork's business, and its parent waits.
            sys.stdout.flush()
            os._exit(0)
        channel.close()
        os.close(memory)


def _serve(emulator: Emulator, channel: socket.socket, memory: int, offset: int, side: int) -> None:
    """Executes the commands from the channel in a forked emulator, until the channel is closed."""
    frame = np.frombuffer(mmap.mmap(memory, 0), np.uint8, side * side * 3, offset).reshape(side, side, 3)
    channel.send(BORN.pack(b"B", os.getpid()))
    try:
        while message := channel.recv(MESSAGE_BYTES):
            if message[:1] == b"S":
                _, action, sticky = STEP.unpack(message)
                reward, terminated, frames = emulator.step(action, bool(sticky))
            else:
                emulator.reset(message[1:].decode())
                reward, terminated, frames = 0.0, False, 0
            emulator.observe(frame)
            where = *(emulator.position() or NOWHERE), emulator.changes(), *emulator.place()
            channel.send(DONE.pack(b"D", reward, terminated, frames, *where))
    except EmulatorError as error:
        channel.send(b"E" + str(error).encode())


def _give_way() -> None:
    """Lowers the priority of emulators below actors and learners, from which they would take most of the cores.

    A learner's share is bounded by its training ratio, so emulators do not lose more than that.
    """
    with contextlib.suppress(OSError):
        os.nice(_NICENESS)
    # Where the kernel groups processes by session, niceness counts among those of a session alone, and emulators have
    # sessions of their own: the group has a niceness, too.
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(_NICENESS))


def _die_with(parent: int) -> bool:
    """Lets the kernel kill this process when its parent dies; returns False if the parent is dead already."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    return os.getppid() == parent


if __name__ == "__main__":
    main()
