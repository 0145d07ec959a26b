"""Runs of the command line, as a user starts them."""

import functools
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from tests.forked_program import ForkedProcess, ForkedProgram

PROGRAM = [sys.executable, "-c", "from cluster.cli import main; main()"]
SMALL = [
    # Curiosity by the world model, which learns seldom: so small a run has both, and costs little.
    "--curiosity=learning_progress",
    "--world-model.training-ratio=0.25",
    "--policy.train-batch-steps=256",
    "--policy.minibatch-size=64",
    "--policy.epochs=2",
    "--world-model.batch-sequences=4",
    "--world-model.sequence-length=8",
    "--world-model.publish-every=2",
    "--world-model.pool-sequences=64",
    "--world-model.measure-updates=4",
    "--actors=1",
    "--emulators-per-actor=2",
    "--checkpoint.every-seconds=2",
    "--no-report",
]
"""The smallest run that has everything: an actor, updates of both learners, published versions."""
TWO_ACTORS = "--actors=2"
"""After SMALL, where it takes two. Each costs 5 s of a core to start."""
LEARNS_OFTEN = [
    "--world-model.training-ratio=0.5",
    "--world-model.freeze-after=None",
    "--policy.train-batch-steps=64",
]
"""After SMALL, where a test waits for updates, for as long as it takes: they come after few steps."""


def command(*words: object, timeout: float = 400.0, fork: bool = True) -> "subprocess.CompletedProcess[str]":
    """`sonic-worlds` with these words, to its end; without `fork` in a Python of its own. See `ForkedProgram`."""
    spoken = list(map(str, words))
    if fork and (program := _forked()).fits():
        return program.run(spoken, timeout)
    return subprocess.run([*PROGRAM, *spoken], capture_output=True, text=True, timeout=timeout, check=False)


@functools.cache
def _forked() -> ForkedProgram:
    return ForkedProgram()


def end_forks() -> None:
    """Ends what `command` has started to fork from."""
    if _forked.cache_info().currsize:
        _forked().end()
        _forked.cache_clear()


Process = subprocess.Popen[str] | ForkedProcess
"""What `start` returns."""


def start(*words: object, fork: bool = True) -> Process:
    """`sonic-worlds` with these words, in a session of its own; without `fork` in a Python of its own."""
    spoken = list(map(str, words))
    if fork and (program := _forked()).fits():
        return program.start(spoken)
    return subprocess.Popen(
        [*PROGRAM, *spoken],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def with_forked_workers() -> list[str]:
    """`sonic-worlds` in a Python of its own, whose Ray forks its workers; see `benchmarks.forked_workers`."""
    return [sys.executable, "-c", "from benchmarks.forked_workers import run; run('cluster')"]


def run_module(module: str, *words: object) -> "subprocess.CompletedProcess[str]":
    """`main` of a module with these words, in a fork."""
    return _forked().run(list(map(str, words)), None, module)


def forked_workers() -> str:
    """The name of a process that forks workers for a Ray of this one; see `benchmarks.forked_workers.use`."""
    return _forked().workers()


def rows(run: Path) -> list[dict[str, Any]]:
    """The whole lines of metrics.jsonl."""
    file = run / "metrics.jsonl"
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text().splitlines(keepends=True) if line.endswith("\n")]


def check_never_back(history: list[dict[str, Any]]) -> None:
    """
    Raises:
        AssertionError: a counter went backwards from one row to the next.
    """
    for name in history[-1]:
        if name.endswith("_total") or name in ("iteration", "weights_version"):
            values = [row[name] for row in history]
            assert values == sorted(values), name


def wait_for_rows(run: Path, count: int, process: Process, seconds: float = 300.0) -> None:
    """Until the run has logged so many iterations.

    Raises:
        AssertionError: it ended, or took too long.
    """
    deadline = time.monotonic() + seconds
    while (there := len(rows(run))) < count:
        assert process.poll() is None, process.stdout and process.stdout.read()
        assert time.monotonic() < deadline, f"{run} has {there} rows after {seconds} s"
        time.sleep(0.1)


def processes_of(run: Path) -> list[int]:
    """Processes that have the run's folder open or were told of it: its driver, its Valkey."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if process.pid != os.getpid() and str(run) in " ".join(process.info["cmdline"] or ())
    ]


def left_of(process: Process, run: Path, seconds: float = 20.0) -> list[str]:
    """What still bears witness of a run that ended, after some seconds of grace: processes, temporary folders."""
    deadline = time.monotonic() + seconds
    while True:
        left = [f"process {pid}" for pid in processes_of(run)]
        left += [str(path) for path in Path(os.environ["TMPDIR"]).glob("sonic-*")]
        left += [f"descendant {pid}" for pid in _session_of(process.pid)]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.2)


def _session_of(leader: int) -> list[int]:
    result = []
    for process in psutil.process_iter(["status"]):
        with suppress(ProcessLookupError):
            if os.getsid(process.pid) == leader and process.info["status"] != psutil.STATUS_ZOMBIE:
                result.append(process.pid)
    return result


def interrupt(process: Process) -> None:
    """Ctrl-C: the signal goes to the whole foreground process group."""
    os.killpg(process.pid, signal.SIGINT)
