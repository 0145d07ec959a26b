"""`sonic-worlds`, or another program, in forks of one process that has loaded torch and RLlib: 6 s of a core.

Each is a process of its own, that begins with the command line, in a session of its own; Ray's workers are forks, too
(see `benchmarks.forked_workers`). What it has in common with the others is what Python does by chance when it starts,
such as the order of a set's elements: of runs that should be the same, one should be started without a fork.
"""

import gc
import importlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NoReturn

from benchmarks.forked_workers import NAME, fork_workers, load, use


class ForkedProcess:
    """A fork, with what tests use of a `subprocess.Popen`.

    Attributes:
        pid: its process id.
        stdout: what it prints, errors among it.
        returncode: None while it runs; the negative number of the signal that killed it.
    """

    def __init__(self, pid: int, stdout: IO[str], status: IO[str]) -> None:
        self.pid = pid
        self.stdout = stdout
        self.returncode: int | None = None
        self._status = status

    def wait(self, timeout: float | None = None) -> int:
        """Waits for its end; returns `returncode`.

        Raises:
            subprocess.TimeoutExpired: it still runs.
        """
        if self.returncode is None:
            if not select.select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
            self.returncode = int(self._status.read())
            self._status.close()
        return self.returncode

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, None]:
        """Reads all that is left of what it prints, and waits for its end.

        Raises:
            subprocess.TimeoutExpired: it, or another process that prints there, still runs.
        """
        begin = time.monotonic()

        def left() -> float | None:
            return None if timeout is None else max(0.0, begin + timeout - time.monotonic())

        printed = ""
        while True:
            if not select.select([self.stdout], [], [], left())[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0, printed)
            line = self.stdout.readline()
            if not line:
                break
            printed += line
        self.stdout.close()
        self.wait(left())
        return printed, None

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class ForkedProgram:
    """The process that forks."""

    def __init__(self) -> None:
        self._read = _read_by_modules()
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from tests.forked_program import serve; serve()"],
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def fits(self) -> bool:
        """Whether the environment is what it was when modules were loaded, which read it."""
        return _read_by_modules() == self._read

    def start(self, words: list[str]) -> ForkedProcess:
        """`sonic-worlds` with these words; it prints errors where it prints all else."""
        with tempfile.TemporaryDirectory() as folder:
            out, status = Path(folder) / "out", Path(folder) / "status"
            printed, ended = _pipe(out), _pipe(status)
            # When it returns the fork has opened them, too.
            return ForkedProcess(self._fork(words, out, out, status), printed, ended)

    def run(
        self, words: list[str], timeout: float | None, module: str = "cluster.cli"
    ) -> "subprocess.CompletedProcess[str]":
        """`main` of a module with these words, to its end.

        Raises:
            subprocess.TimeoutExpired: it was killed.
        """
        with tempfile.TemporaryDirectory() as folder:
            out, err, status = (Path(folder) / name for name in ("out", "err", "status"))
            ended = _pipe(status)
            process = ForkedProcess(self._fork(words, out, err, status, module), out.open(), ended)
            with process.stdout:
                try:
                    code = process.wait(timeout)
                except subprocess.TimeoutExpired as error:
                    process.kill()
                    process.wait()
                    raise subprocess.TimeoutExpired(words, timeout or 0.0, out.read_text(), err.read_text()) from error
                return subprocess.CompletedProcess(words, code, process.stdout.read(), err.read_text())

    def workers(self) -> str:
        """Starts a process that forks workers, too; its name, for `forked_workers.use`."""
        return self._ask("").strip()

    def end(self) -> None:
        self._process.communicate()

    def _fork(self, words: list[str], out: Path, err: Path, status: Path, module: str = "cluster.cli") -> int:
        """Returns the process id of a fork that has opened the files, of which the last one gets its exit code."""
        files = {"out": str(out), "err": str(err), "status": str(status)}
        environment = {name: value for name, value in os.environ.items() if name not in _OF_A_TEST_S_RAY}
        what = {"module": module, "words": words, "cwd": os.getcwd(), "environment": environment}
        return int(self._ask(json.dumps({**what, **files})))

    def _ask(self, what: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(what, file=self._process.stdin, flush=True)
        return self._process.stdout.readline()


def _pipe(path: Path) -> IO[str]:
    """Makes a named pipe; returns its end for reading, which does not wait for a writer."""
    os.mkfifo(path)
    reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(reading, True)
    return os.fdopen(reading)


def _read_by_modules() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in _READ_LATER}


_OF_A_TEST_S_RAY = {"RAY_AUTH_TOKEN", "RAY_AUTH_MODE", "RAY_USAGE_STATS_ENABLED", "PYTHONBREAKPOINT"}
"""What a Ray of the tests' own process has set: no fork gets it."""
_READ_LATER = {
    *_OF_A_TEST_S_RAY,
    NAME,
    "PYTEST_CURRENT_TEST",
    # A fork puts it into its path; a `sitecustomize` there is for what the fork starts.
    "PYTHONPATH",
    # Read when it is needed.
    "DISPLAY",
    # Set by modules that tests load.
    "RAY_CLIENT_MODE",
    "LD_LIBRARY_PATH",
    "PYGAME_HIDE_SUPPORT_PROMPT",
    "CRC32C_SW_MODE",
    "TF_CPP_MIN_LOG_LEVEL",
}


def serve() -> None:
    """For each line of JSON a fork, told by its process id once its files are open.

    For an empty line a process that forks workers, told by its name.
    """
    load()
    # What is loaded is not looked through again in every fork, and so stays shared.
    gc.freeze()
    for line in sys.stdin:
        if not line.strip():
            print(fork_workers(), flush=True)
            continue
        # Its parent waits for it, so that this process need not. It prints the fork's process id.
        told, tells = os.pipe()
        parent = os.fork()
        if parent == 0:
            _be_parent(tells, **json.loads(line))
        os.close(tells)
        with os.fdopen(told) as words:
            print(words.read(), flush=True)
        _reap()


def _reap() -> None:
    """Forgets the parents that have ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass


def _be_parent(tells: int, out: str, err: str, status: str, **what: Any) -> NoReturn:
    files = [os.open(os.devnull, os.O_RDONLY), *(os.open(path, _WRITE) for path in (out, err))]
    # A named pipe would be at its end before anything is written.
    ends = os.open(status, os.O_WRONLY)
    pid = os.fork()
    if pid == 0:
        os.close(tells)
        os.close(ends)
        _become(files, **what)
    for descriptor in files:
        os.close(descriptor)
    os.write(tells, str(pid).encode())
    # Nor does it keep what `ForkedProgram` reads and writes.
    for descriptor in (tells, 0, 1):
        os.close(descriptor)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    # Nobody may read it any more.
    with suppress(BrokenPipeError):
        os.write(ends, str(code).encode())
    os._exit(0)


def _become(files: list[int], module: str, words: list[str], cwd: str, environment: dict[str, str]) -> NoReturn:
    import numpy as np

    os.setsid()
    for descriptor, opened in enumerate(files):
        os.dup2(opened, descriptor)
        os.close(opened)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[1:1] = [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path not in sys.path]
    sys.argv[:] = ["-c", *words]
    np.random.seed()
    # In a process of its own: this one gets what Ray's driver has.
    use(fork_workers())
    code = 1
    try:
        importlib.import_module(module).main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    sys.exit(code)


_WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
