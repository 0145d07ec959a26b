"""`sonic-worlds` in forks of one process that has loaded torch and RLlib, which takes 4 s of a core.

Each is a process of its own, that begins with the command line. What it has in common with the others is what Python
does by chance when it starts, such as the order of a set's elements: of runs that should be the same, one should be
started by `tests.runs.command(..., fork=False)`.
"""

import gc
import json
import os
import select
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

from benchmarks.forked_workers import NAME, fork_workers, load, use


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

    def run(self, words: list[str], folder: Path, timeout: float) -> "subprocess.CompletedProcess[str]":
        """`sonic-worlds` with these words, to its end; `folder` is for what it prints.

        Raises:
            subprocess.TimeoutExpired: it was killed.
        """
        out, err = folder / "out", folder / "err"
        start = {"cwd": os.getcwd(), "environment": dict(os.environ), "out": str(out), "err": str(err)}
        pid = int(self._ask({"words": words, **start}))
        if not select.select([self._process.stdout], [], [], timeout)[0]:
            os.kill(pid, 9)
            self._answer()
            raise subprocess.TimeoutExpired(words, timeout, out.read_text(), err.read_text())
        return subprocess.CompletedProcess(words, int(self._answer()), out.read_text(), err.read_text())

    def workers(self) -> str:
        """Starts a process that forks workers, too; its name, for `forked_workers.use`."""
        print(file=self._process.stdin, flush=True)
        return self._answer().strip()

    def end(self) -> None:
        self._process.communicate()

    def _ask(self, what: dict[str, Any]) -> str:
        assert self._process.stdin is not None
        print(json.dumps(what), file=self._process.stdin, flush=True)
        return self._answer()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def _read_by_modules() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in _READ_LATER}


_READ_LATER = {
    NAME,
    "PYTEST_CURRENT_TEST",
    # Of a test's own Ray.
    "RAY_AUTH_TOKEN",
    # Set by modules that tests load.
    "RAY_CLIENT_MODE",
    "LD_LIBRARY_PATH",
    "PYGAME_HIDE_SUPPORT_PROMPT",
    "CRC32C_SW_MODE",
    "TF_CPP_MIN_LOG_LEVEL",
}


def serve() -> None:
    """For each line of JSON a fork, told by its process id, and its exit code when it has ended.

    For an empty line a process that forks workers, told by its name.
    """
    load()
    # What is loaded is not looked through again in every fork, and so stays shared.
    gc.freeze()
    for line in sys.stdin:
        if not line.strip():
            print(fork_workers(), flush=True)
            continue
        pid = os.fork()
        if pid == 0:
            _become(**json.loads(line))
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def _become(words: list[str], cwd: str, environment: dict[str, str], out: str, err: str) -> NoReturn:
    import numpy as np

    from cluster.cli import main

    for descriptor, path, flags in ((0, os.devnull, os.O_RDONLY), (1, out, _WRITE), (2, err, _WRITE)):
        opened = os.open(path, flags)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[:] = ["-c", *words]
    np.random.seed()
    # In a process of its own: this one gets what Ray's driver has.
    use(fork_workers())
    code = 1
    try:
        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    sys.exit(code)


_WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
