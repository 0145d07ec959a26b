"""The command `sonic-worlds serve`."""

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from actors.games.levels import Level, LevelError, require_roms, select_levels
from actors.gym_remote.server import lock
from cluster.config.bounds import require_between
from cluster.config.errors import UsageError
from cluster.host.janitor import Janitor
from cluster.host.stopper import Stopper
from cluster.scoring.hosted_level import HostedLevel, Place
from world_model.section import MOST_SEED, MOST_STEPS

_LOOK_SECONDS = 0.1
_STOP_SECONDS = 10.0
_LEAST_HOURS, _MOST_HOURS = 0.001, 500.0
"""A system call cannot wait for 600."""


@dataclass(frozen=True)
class ServeArguments:
    """Serves levels to agents of the Retro Contest, one agent each, by the contest's rules and limits.

    Several levels are served at once, each in a folder GAME-STATE of --dir, and of --movies and --log.
    """

    levels: Annotated[str, tyro.conf.Positional]
    """Levels to serve: splits, games, GAME/STATE, or patterns with *, comma separated."""
    dir: Path
    """Directory of the socket, by which an agent connects. It is made if it does not exist."""
    steps: int = 1_000_000
    """Steps after which the server ends the contest; a reset counts as a step."""
    hours: float = 12.0
    """Wall-clock hours after which the server ends the contest."""
    movies: Path | None = None
    """Folder for a bk2 movie of each episode."""
    log: Path | None = None
    """Folder for monitor.csv, which has each episode's return, and log.csv, which has the pace."""
    seed: int | None = None
    """Seed of the sticky actions. None: a random one."""


def serve_command(arguments: ServeArguments) -> int:
    """Serves until every level has ended; returns the exit code: 1 if a host failed, 130 after Ctrl-C.

    Raises:
        UsageError: the arguments are wrong.
    """
    levels = _check(arguments)
    with Janitor() as janitor:
        places = _places(arguments, levels, janitor.folder)
        with _made(arguments, places), Stopper(lambda: print("stopping", flush=True), janitor.close) as stop:
            hosts = [
                HostedLevel(place, arguments.steps, 3600 * arguments.hours, arguments.seed, janitor.folder / f"{i}.err")
                for i, place in enumerate(places)
            ]
            try:
                failures = _watch(hosts, stop)
            finally:
                _end(hosts)
            if stop.requested:
                for host in hosts:
                    print(f"{host.place.level}: stopped: {host.summary()}")
                return 130
    return 1 if failures else 0


def _check(arguments: ServeArguments) -> list[Level]:
    require_between("--steps", arguments.steps, 1, MOST_STEPS)
    require_between("--seed", arguments.seed, 0, MOST_SEED)
    require_between("--hours", arguments.hours, _LEAST_HOURS, _MOST_HOURS)
    try:
        levels = select_levels(arguments.levels)
        require_roms(levels)
    except LevelError as error:
        raise UsageError(f"LEVELS {arguments.levels}: {error}") from error
    return levels


def _places(arguments: ServeArguments, levels: Sequence[Level], temporary: Path) -> list[Place]:
    """Returns the place of each level.

    Args:
        temporary: folder for logs if there is no --log.
    """
    places = []
    for level in levels:
        own = f"{level.game}-{level.state}" if len(levels) > 1 else ""
        log = arguments.log / own if arguments.log else temporary / "log" / own
        movies = arguments.movies / own if arguments.movies else None
        places.append(Place(level, arguments.dir / own, log, movies))
    return places


@contextlib.contextmanager
def _made(arguments: ServeArguments, places: Sequence[Place]) -> Iterator[None]:
    """A context with the folders of all places.

    Raises:
        UsageError: a folder cannot be used. Those that were made are removed again.
    """
    made: list[Path] = []
    try:
        for place in places:
            _make("--dir", place.directory, made)
            try:
                os.close(lock(str(place.directory)))
            except OSError as error:
                raise UsageError(f"--dir {place.directory}: {error.strerror}") from error
            if place.movies:
                _make("--movies", place.movies, made)
                _refuse_old("--movies", place.movies, "*.bk2")
            _make("--log", place.log, made)
            _refuse_old("--log", place.log, "monitor.csv")
    except UsageError:
        for folder in reversed(made):
            folder.rmdir()
        raise
    yield


def _make(flag: str, folder: Path, made: list[Path]) -> None:
    try:
        for path in [*reversed(folder.parents), folder]:
            if not path.exists():
                path.mkdir(mode=0o700)
                made.append(path)
    except OSError as error:
        raise UsageError(f"{flag} {folder}: {error.strerror}") from error
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise UsageError(f"{flag} {folder}: it is no folder that can be written to")


def _refuse_old(flag: str, folder: Path, pattern: str) -> None:
    old = next(folder.glob(pattern), None)
    if old:
        raise UsageError(f"{flag} {folder}: {old.name} of another contest is there; name another folder")


def _watch(hosts: Sequence[HostedLevel], stop: Stopper) -> int:
    """Prints what happens until all hosts have ended, or a signal comes; returns how many failed."""
    announced: set[HostedLevel] = set()
    running = list(hosts)
    failures = 0
    while running and not stop.requested:
        for host in list(running):
            # In this order: what ends afterwards is seen the next time.
            code = host.exit_code
            if code is None and host not in announced and host.is_ready:
                announced.add(host)
                _print_place(host.place)
            if code is not None:
                running.remove(host)
                failures += code != 0
                what = f"failed: {host.failure()}" if code else f"ended: {host.summary()}"
                print(f"{host.place.level}: {what}", flush=True)
        time.sleep(_LOOK_SECONDS)
    return failures


def _print_place(place: Place) -> None:
    kept = f", movies in {place.movies}" if place.movies else ""
    print(f"{place.level}: waits for an agent in {place.directory}{kept}", flush=True)


def _end(hosts: Sequence[HostedLevel]) -> None:
    """Ends the hosts; the janitor kills those that do not end in time."""
    going = [host for host in hosts if host.exit_code is None]
    for host in going:
        host.stop()
    deadline = time.monotonic() + _STOP_SECONDS
    for host in going:
        with contextlib.suppress(subprocess.TimeoutExpired):
            host.wait(max(deadline - time.monotonic(), 0.0))
