"""Measures the processor time of programs, run one after the other, with all their descendants."""

import contextlib
import ctypes
import math
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from cluster.config.errors import UsageError

_PR_SET_CHILD_SUBREAPER = 36
_LIBC = ctypes.CDLL(None, use_errno=True)
_TICKS = os.sysconf("SC_CLK_TCK")
_WATCH = "import os, signal, sys; sys.stdin.read(); os.kill(int(sys.argv[1]), signal.SIGTERM)"
"""Sends SIGTERM to a process once its own standard input closes. (PR_SET_PDEATHSIG acts when a thread ends.)"""
_NICE = 4
"""Niceness of the programs: Ray adds 15 for its workers, and 19 is the most, so the differences stay."""
_SAMPLE_SECONDS = 1.0
_ORPHAN_SECONDS = 20.0
"""Seconds for processes that a program leaves behind, such as a janitor."""


class Sample(NamedTuple):
    """A line of a meter's file: time of day, processor time and wall-clock time, in seconds."""

    time: float
    cpu_seconds: float
    wall_seconds: float


def adopt_orphans() -> None:
    """Makes this process the new parent of its orphaned descendants, so that they stay in its tree.

    Raises:
        UsageError: the kernel, or a container's filter, refuses it.
    """
    if _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise UsageError(
            "study: prctl(PR_SET_CHILD_SUBREAPER), without which what a run uses of the processor cannot be told, is"
            f" refused: {os.strerror(ctypes.get_errno())}; let the container's seccomp filter pass it"
        )


class MeteredProcess:
    """A program in a session of its own, which gets one SIGTERM when this process dies.

    All descendants of this process count as the program's. The meter's file gets a line each second: the time of day,
    and the seconds of processor time and wall-clock time so far, with those of earlier programs in the file. The last
    second of a process may be missed, and a process that lives no longer.
    """

    def __init__(self, words: Sequence[str], log: Path, meter: Path, environment: Mapping[str, str]) -> None:
        """
        Args:
            words: the program and its arguments.
            log: file to which its output is appended.
            meter: file of processor time.
            environment: variables of the program.
        """
        self._meter = meter
        self._before = (read_meter(meter) or [Sample(0.0, 0.0, 0.0)])[-1]
        self._begin = time.monotonic()
        self._used: dict[tuple[int, int], float] = {}
        with log.open("ab") as printed:
            # Before the thread starts: code between fork and exec must not run beside one.
            self._process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, **environment},
                preexec_fn=_be_nice,
            )
        self._watch = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _WATCH, str(self._process.pid)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def interrupt(self) -> None:
        """Interrupts the program as Ctrl-C does; its processes do not get the signal, for it ends them itself."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGINT)

    def wait(self, seconds: float) -> int | None:
        """Returns the exit status, after the end of all descendants; None if the program runs longer than `seconds`."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        self._watch.kill()
        self._watch.communicate()
        _reap_orphans()
        self._over.set()
        self._thread.join()
        return code

    def _sample(self) -> None:
        over, torn = False, ""
        while not over:
            over = self._over.wait(_SAMPLE_SECONDS)
            for process, seconds in _descendants(os.getpid()).items():
                self._used[process] = seconds
            cpu = self._before.cpu_seconds + sum(self._used.values())
            wall = self._before.wall_seconds + time.monotonic() - self._begin
            try:
                with self._meter.open("a") as file:
                    file.write(f"{torn}{time.time():.3f} {cpu:.2f} {wall:.2f}\n")
                torn = ""
            except OSError:
                # For instance on a full disk. Later lines have the same sums; a part of this one stays on its own line.
                torn = "\n"


def read_meter(file: Path) -> list[Sample]:
    """Reads a meter's file, without incomplete lines; [] if there is none."""
    if not file.exists():
        return []
    lines = [line.split() for line in file.read_bytes().split(b"\n")[:-1]]
    whole = (words for words in lines if len(words) == len(Sample._fields) and all(map(_is_number, words)))
    return [Sample(*map(float, words)) for words in whole]


def _is_number(word: bytes) -> bool:
    try:
        return math.isfinite(float(word))
    except ValueError:
        return False


def _be_nice() -> None:
    # A container's filter may refuse it, and a run takes its share all the same.
    with contextlib.suppress(OSError):
        os.nice(_NICE)


def _descendants(root: int) -> dict[tuple[int, int], float]:
    """Returns the processor time of each descendant, by its process number and start time."""
    parents: dict[int, int] = {}
    used: dict[int, tuple[int, float]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            number = int(entry.name)
            parents[number] = int(fields[1])
            used[number] = int(fields[19]), (int(fields[11]) + int(fields[12])) / _TICKS

    def descends(number: int) -> bool:
        while number in parents and parents[number] != root:
            number = parents[number]
        return number in parents

    return {(number, began): seconds for number, (began, seconds) in used.items() if descends(number)}


def _reap_orphans() -> None:
    deadline = time.monotonic() + _ORPHAN_SECONDS
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < deadline:
            number, _ = os.waitpid(-1, os.WNOHANG)
            if number == 0:
                time.sleep(0.05)
