"""Hosts of emulators: programs that speak gym-remote, one process each, started by a command."""

import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actors.emulation.emulator import EmulatorError
from actors.gym_remote.client import Client
from actors.gym_remote.errors import GymRemoteError
from actors.gym_remote.server import SOCKET

PLACEHOLDERS = ("game", "state", "dir", "seed")
_NEEDED = ("dir",)
_PLACEHOLDER = re.compile(r"\{(\w*)\}")
_LOOK_SECONDS = 0.01
_LAUNCH = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
try:
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
except OSError:
    pass  # a container's filter may refuse it
if os.getppid() == int(sys.argv[1]):
    os.execvp(sys.argv[2], sys.argv[2:])
"""
"""Program that becomes the host's command, ends with this process, and has the priority of local emulators."""


class CommandError(ValueError):
    """A command template that cannot start hosts: one line that says why."""


@dataclass(frozen=True)
class Hosts:
    """How gym-remote hosts are reached: by a command that starts them, or in the directory of a running one.

    Attributes:
        command: starts a host; its words may have {game}, {state}, {dir} and {seed} in them. It is run without a shell,
            with the folder of `actors` in PYTHONPATH. None: this Python with stable-retro, in training mode.
        directory: that of a running server; then nothing is started.
    """

    command: str | None = None
    directory: str | None = None


def check_command(command: str) -> list[str]:
    """Splits a command template into words.

    Raises:
        CommandError: it is no valid template.
    """
    try:
        # No shell is there to do it.
        words = [os.path.expanduser(word) for word in shlex.split(command)]
    except ValueError as error:
        raise CommandError(str(error)) from error
    names = [name for word in words for name in _PLACEHOLDER.findall(word)]
    known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    for name in names:
        if name not in PLACEHOLDERS:
            raise CommandError(f"{{{name}}} is no placeholder; there are {known}")
    for name in _NEEDED:
        if name not in names:
            raise CommandError(f"without {{{name}}} host and emulator cannot meet; there are {known}")
    return words


class HostProcess:
    """A running host, and the directory of its socket, which is removed once both sides have opened its files."""

    def __init__(self, words: Sequence[str], names: dict[str, str], output: Any, with_our_code: bool) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="sw-"))
        names = {**names, "dir": str(self._directory)}
        command = [_PLACEHOLDER.sub(lambda match: names.get(match[1], ""), word) for word in words]
        try:
            if not shutil.which(command[0]):
                raise EmulatorError(f"there is no program {command[0]} to host emulators with")
            python_path = _code_in(self._directory) if with_our_code else os.pathsep.join(filter(None, sys.path))
            # A session of its own: Ctrl-C in a terminal is for the run, which then ends its emulators.
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _LAUNCH, str(os.getpid()), *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env=os.environ | {"PYTHONPATH": python_path, "OMP_NUM_THREADS": "1"},
            )
        except BaseException:
            self._remove_directory()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def connect(self, seconds: float) -> Client:
        """Waits for the host and connects to it.

        Raises:
            GymRemoteError, TimeoutError: the host ended, is not ready in time, or does not speak gym-remote.
        """
        deadline = time.monotonic() + seconds
        while not (self._directory / SOCKET).exists():
            if self._process.poll() is not None:
                raise GymRemoteError(f"the host has ended with exit code {self._process.returncode}")
            if time.monotonic() >= deadline:
                raise TimeoutError(f"the host is not there after {seconds:.0f} seconds")
            time.sleep(_LOOK_SECONDS)
        try:
            return Client(str(self._directory), max(deadline - time.monotonic(), 1.0))
        finally:
            self._remove_directory()

    def kill(self) -> None:
        # It leads its session's process group even when it has ended and what it started has not.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._remove_directory()

    def _remove_directory(self) -> None:
        shutil.rmtree(self._directory, ignore_errors=True)


def own_host() -> list[str]:
    module = "actors.gym_remote.host"
    # -P: the folder that a run is started in may have modules with the names of ours or of Python's own.
    return [sys.executable, "-P", "-m", module, "{game}", "--dir", "{dir}", "--library", "stable_retro", "--training"]


def _code_in(directory: Path) -> str:
    """Makes a folder with nothing but `actors` and `windup`: beside them may be packages that only this Python runs."""
    folder = directory / "code"
    folder.mkdir()
    root = Path(__file__).resolve().parents[2]
    for package in ("actors", "windup"):
        (folder / package).symlink_to(root / package)
    return str(folder)
