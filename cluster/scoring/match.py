"""A running match: a host process and an agent process, connected through a directory."""

import csv
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from cluster.scoring.contest import Contestant, Match, Result

WALL_CLOCK_SECONDS = 12 * 3600
"""The Retro Contest's limit of a match's time, beside that of its steps."""
_GRACE_SECONDS = 60.0
"""Seconds for an agent to save and end after the host's end."""
# -P: the folder that a contest is started in may have modules with the names of ours or of Python's own.
_PYTHON = (sys.executable, "-P")
_PROGRAM = (*_PYTHON, "-c", "from cluster.cli import main; main()")


class RunningMatch:
    """A running match, whose `ended` must be polled, and which must be closed."""

    def __init__(
        self, match: Match, contestant: Contestant, folder: Path, meeting: Path, steps: int, movies: bool
    ) -> None:
        """
        Args:
            folder: for logs and movies; it is emptied first.
            meeting: directory for the socket; it must not exist.
            steps: steps and resets that the agent may make.
        """
        self.match = match
        self.failure = ""
        self._folder = folder
        self._meeting = meeting
        self._host_gone: float | None = None
        self._processes: list[subprocess.Popen[bytes]] = []
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        meeting.mkdir(mode=0o700)
        host = [*_PYTHON, "-m", "actors.gym_remote.host", match.level.game, match.level.state]
        host += ["--dir", str(meeting), "--steps", str(steps), "--seconds", str(WALL_CLOCK_SECONDS)]
        host += ["--log", str(folder), "--seed", str(match.seed)]
        host += ["--movies", str(folder / "movies")] if movies else []
        agent = [*_PROGRAM, "agent", *contestant.words, "--dir", str(meeting)]
        agent += ["--steps", str(steps), "--seed", str(match.seed)]
        agent += ["--out", str(folder / "run")] if contestant.learns else []
        try:
            for name, command in (("host", host), ("agent", agent)):
                with (folder / f"{name}.log").open("wb") as log:
                    self._processes.append(_start(command, log))
        except BaseException:
            self.close()
            raise

    def ended(self) -> bool:
        """Returns whether the match has ended; `failure` then says why if it is incomplete."""
        host, agent = (process.poll() for process in self._processes)
        if host:
            self.failure = f"the host {_exit_text(host)}: {_last_line(self._folder / 'host.log')}"
        elif agent:
            self.failure = f"the agent {_exit_text(agent)}: {_last_line(self._folder / 'agent.log')}"
        elif host is None:
            return False
        elif agent is None:
            # The limit is reached; otherwise the host would not have ended without an error before its agent.
            self._host_gone = self._host_gone or time.monotonic()
            return time.monotonic() - self._host_gone > _GRACE_SECONDS
        elif not self.result().returns:
            self.failure = "not a step was done"
        return True

    @property
    def steps(self) -> int:
        """Number of steps so far, as of the last whole thousand."""
        rows = _rows(self._folder / "log.csv")
        return int(rows[-1]["l"]) if rows else 0

    def result(self) -> Result:
        rows = _rows(self._folder / "monitor.csv")
        return Result(
            [float(row["r"]) for row in rows], [int(row["l"]) for row in rows], [float(row["t"]) for row in rows]
        )

    def close(self) -> None:
        """Ends the processes that still run."""
        for process in self._processes:
            # A process group of its own.
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        shutil.rmtree(self._meeting, ignore_errors=True)


def _start(command: Sequence[str], log: IO[bytes]) -> "subprocess.Popen[bytes]":
    # Out of Ctrl-C's reach, and with one core: as many matches are under way as there are cores.
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )


def _rows(file: Path) -> list[dict[str, str]]:
    """Returns the whole lines of a CSV file that may be written meanwhile."""
    try:
        lines = file.read_text().splitlines(keepends=True)
    except OSError:
        return []
    return list(csv.DictReader(line for line in lines if line.endswith("\n")))


def _exit_text(code: int) -> str:
    return f"was killed by signal {-code}" if code < 0 else f"failed with exit code {code}"


def _last_line(file: Path) -> str:
    lines = file.read_text(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")
