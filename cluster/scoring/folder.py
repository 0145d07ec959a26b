"""The folder of a contest, with its settings and the result of each match."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from actors.games.games import rom_sha1
from actors.games.levels import Level
from cluster.config.errors import UsageError
from cluster.config.folder_lock import LOCK, FolderLock
from cluster.config.json_file import JsonError, read_json
from cluster.config.output_file import replace_json
from cluster.scoring.contest import Contestant, Match, Result, read_result

_ABOUT = "contest.json"
_BEFORE_IT_BEGINS = {LOCK, f".{_ABOUT}.tmp"}
"""Files that a killed start may have left in a folder."""


class _About(TypedDict):
    steps: int
    checkpoints: dict[str, str | None]
    roms: dict[str, str | None]


_FORM = TypeAdapter(_About)


class ContestFolder:
    """A context with the folder. Agents, levels and seeds may be added later; settings of kept results cannot change.

    Attributes:
        unlocked: why the folder could not be locked; "" where it is locked.
    """

    def __init__(self, path: Path, steps: int, contestants: Sequence[Contestant], levels: Sequence[Level]) -> None:
        """Makes the folder, or goes on with the contest in it.

        Raises:
            UsageError: the folder holds something else, or a contest with other steps, checkpoints or ROMs, or is in
                use, or cannot be written.
        """
        self.path = path
        about: _About = {
            "steps": steps,
            "checkpoints": {agent.name: str(agent.checkpoint) if agent.checkpoint else None for agent in contestants},
            "roms": {game: rom_sha1(game) for game in sorted({level.game for level in levels})},
        }
        try:
            path.mkdir(parents=True, exist_ok=True)
            known = _read(path)
            self._lock = FolderLock(path, f"--out {path} is in use by another process")
        except OSError as error:
            raise UsageError(f"--out {path}: {error.strerror}") from error
        self.unlocked = self._lock.unlocked
        try:
            if known:
                _refuse_changes(path, known, about)
                about["checkpoints"] = known["checkpoints"] | about["checkpoints"]
                about["roms"] = known["roms"] | about["roms"]
            replace_json(path / _ABOUT, about)
        except BaseException as error:
            self._lock.close()
            if isinstance(error, OSError):
                raise UsageError(f"--out {path} cannot be written: {error.strerror}") from error
            raise

    def results(self, matches: Sequence[Match]) -> dict[Match, Result]:
        """Returns the results of the matches that have ended.

        Raises:
            UsageError: a result's file is damaged.
        """
        read = ((match, read_result(match, self.path)) for match in matches)
        return {match: result for match, result in read if result}

    def __enter__(self) -> "ContestFolder":
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.close()


def _read(path: Path) -> _About | None:
    file = path / _ABOUT
    if not file.exists():
        if any(child.name not in _BEFORE_IT_BEGINS for child in path.iterdir()):
            raise UsageError(f"--out {path}: it is neither empty nor the folder of a contest")
        return None
    try:
        return read_json(file, _FORM)
    except JsonError as error:
        raise UsageError(f"--out {path}: {file} is damaged: {error}") from error


def _refuse_changes(path: Path, known: _About, about: _About) -> None:
    if known["steps"] != about["steps"]:
        raise UsageError(f"--steps {about['steps']}: the contest in {path} has {known['steps']}; give another --out")
    for name, checkpoint in about["checkpoints"].items():
        before = known["checkpoints"].get(name, checkpoint)
        if before != checkpoint:
            raise UsageError(f"AGENT {name}: in {path} it is {before}, not {checkpoint}; give another --out")
    for game, rom in about["roms"].items():
        if known["roms"].get(game, rom) != rom:
            raise UsageError(f"--out {path}: it holds results of another ROM of {game}; give another folder")
