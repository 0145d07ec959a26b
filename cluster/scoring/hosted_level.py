"""A level that a process of its own serves to one contest agent."""

import csv
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from actors.games.levels import Level
from actors.gym_remote.server import SOCKET


@dataclass(frozen=True)
class Place:
    """A served level, with its folders.

    Attributes:
        directory: of the socket by which the agent connects.
        log: folder for monitor.csv and log.csv.
        movies: folder for a bk2 movie of each episode; None: none are made.
    """

    level: Level
    directory: Path
    log: Path
    movies: Path | None


class HostedLevel:
    """The process of the host, which is started here."""

    def __init__(self, place: Place, steps: int, seconds: float, seed: int | None, errors: Path) -> None:
        """
        Args:
            steps: steps and resets after which the host ends.
            seconds: wall-clock seconds after which the host ends.
            seed: of the sticky actions; None: a random one.
            errors: file for the host's errors.
        """
        self.place = place
        self._errors = errors
        level = place.level
        # -P: the folder that it is started in may have modules with the names of ours or of Python's own.
        words = [sys.executable, "-P", "-m", "actors.gym_remote.host", level.game, level.state]
        words += ["--library", "stable_retro", "--dir", str(place.directory), "--log", str(place.log)]
        words += ["--steps", str(steps), "--seconds", str(seconds)]
        words += ["--seed", str(seed)] if seed is not None else []
        words += ["--movies", str(place.movies)] if place.movies else []
        with errors.open("wb") as file:
            # A session of its own: Ctrl-C in a terminal is for us, and then ended in good order.
            self._process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True
            )

    @property
    def is_ready(self) -> bool:
        return (self.place.directory / SOCKET).exists()

    @property
    def exit_code(self) -> int | None:
        return self._process.poll()

    def stop(self) -> None:
        """Requests the host's end: it sends its agent the reason, and closes movies and logs."""
        self._process.terminate()

    def wait(self, seconds: float) -> None:
        """Waits for the host's end.

        Raises:
            subprocess.TimeoutExpired: it has not ended in time.
        """
        self._process.wait(seconds)

    def failure(self) -> str:
        """Returns the last line of the host's errors."""
        lines = self._errors.read_text(errors="replace").strip().splitlines()
        return lines[-1].strip() if lines else f"it ended with exit code {self.exit_code} and said nothing"

    def summary(self) -> str:
        """Returns a line with the number of the agent's episodes and steps, and its mean return."""
        log = self.place.log / "monitor.csv"
        rows = list(csv.DictReader(log.read_text().splitlines())) if log.exists() else []
        if not rows:
            return "not a step was done"
        mean = sum(float(row["r"]) for row in rows) / len(rows)
        steps = sum(int(row["l"]) for row in rows)
        episodes = f"{len(rows):,} episode{'s' if len(rows) > 1 else ''}"
        return f"{episodes} of {steps:,} steps in all, mean return {mean:.1f}"
