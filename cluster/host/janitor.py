"""Removes a run's processes and temporary files, however the run ends.

A run marks all its processes through an environment variable that children inherit, and keeps its sockets and Ray's
session in one temporary folder. The janitor is a small process that waits for the run's end, be it by kill -9, then
kills what still bears the mark or has a file of the folder open, and removes the folder.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from types import TracebackType

from cluster.config.errors import UsageError

MARK = "SONIC_WORLDS_RUN"
_GRACE_SECONDS = 5.0
_LONGEST_PARENT = 28


class Janitor:
    """A context in which a run's processes are started; on leaving it, none is left.

    Attributes:
        folder: the run's temporary folder, which `tempfile` uses, too, inside the context.
    """

    def __init__(self) -> None:
        """
        Raises:
            UsageError: no temporary folder can be made.
        """
        self._mark = uuid.uuid4().hex
        try:
            # Unix sockets live in it, whose paths are limited to 107 bytes; those of Ray take 63 of them.
            roomy = len(tempfile.gettempdir()) <= _LONGEST_PARENT
            self.folder = Path(tempfile.mkdtemp(prefix="sonic-", dir=None if roomy else "/tmp"))
        except OSError as error:
            raise UsageError(f"TMPDIR: no temporary folder can be made: {error.strerror}") from error
        self._before = {name: os.environ.get(name) for name in (MARK, "TMPDIR")}

    def __enter__(self) -> "Janitor":
        os.environ[MARK] = self._mark
        os.environ["TMPDIR"] = str(self.folder)
        tempfile.tempdir = None
        self._process = subprocess.Popen(
            # -P: the folder that a run is started in may have modules with the names of ours or of Python's own.
            [sys.executable, "-P", "-m", "cluster.host.janitor", self._mark, str(self.folder)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Kills the processes that are left, without a request to end first."""
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        tempfile.tempdir = None
        self._process.communicate()


def sweep(mark: str, folder: Path, exclude: set[int]) -> None:
    """Kills every process of the run that is not excluded, and removes the folder."""
    deadline = time.monotonic() + _GRACE_SECONDS
    while pids := left_over(mark, folder, exclude):
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        if time.monotonic() > deadline:
            break
        time.sleep(0.02)
    # Dying processes may have put files into the folder while it was emptied.
    deadline = time.monotonic() + _GRACE_SECONDS
    while folder.exists() and time.monotonic() < deadline:
        shutil.rmtree(folder, ignore_errors=True)
        time.sleep(0.02)


def left_over(mark: str, folder: Path, exclude: set[int]) -> list[int]:
    """Returns the numbers of the run's processes that are alive and not excluded."""
    wanted = f"{MARK}={mark}".encode()
    pids = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in exclude:
            continue
        try:
            # A process that renames itself, as some of Ray's do, may write over its environment.
            if wanted in (entry / "environ").read_bytes().split(b"\0") or _uses(entry, str(folder)):
                pids.append(int(entry.name))
        except OSError:
            # It ended meanwhile, or is another user's.
            continue
    return pids


def _uses(process: Path, folder: str) -> bool:
    return any(os.readlink(descriptor).startswith(folder) for descriptor in (process / "fd").iterdir())


def main() -> None:
    mark, folder = sys.argv[1:]
    # The run itself may be in the middle of ending well.
    exclude = {os.getpid(), os.getppid()}
    # Nothing is ever written to it: this returns when the run has ended, or closes it for the sweep.
    sys.stdin.buffer.read()
    sweep(mark, Path(folder), exclude)


if __name__ == "__main__":
    main()
