"""The folder of a contest: what it is about, and its results, match by match."""

import fcntl
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from actors.games.games import rom_sha1
from actors.games.levels import Level
from cluster.config.errors import UsageError
from cluster.config.output_file import replace_json
from cluster.scoring.contest import Contestant, Match, Result, read_result

_ABOUT = "contest.json"


class ContestFolder:
    """A context. Agents, levels and seeds may be added later; what the kept results depend on cannot be changed."""

    def __init__(self, path: Path, steps: int, contestants: Sequence[Contestant], levels: Sequence[Level]) -> None:
        """Makes the folder, or goes on with the contest in it.

        Raises:
            UsageError: it holds something else, or a contest with other steps, checkpoints or ROMs, or is in use, or
                cannot be written.
        """
        self.path = path
        about: dict[str, Any] = {
            "steps": steps,
            "checkpoints": {agent.name: agent.checkpoint and str(agent.checkpoint) for agent in contestants},
            "roms": {game: rom_sha1(game) for game in sorted({level.game for level in levels})},
        }
        try:
            path.mkdir(parents=True, exist_ok=True)
            known = _read(path)
            self._lock = (path / ".lock").open("w")
        except OSError as error:
            raise UsageError(f"--out {path}: {error.strerror}") from error
        try:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise UsageError(f"--out {path} is in use by another process") from error
            if known:
                _refuse_changes(path, known, about)
                about["checkpoints"] = known["checkpoints"] | about["checkpoints"]
                about["roms"] = known["roms"] | about["roms"]
            replace_json(path / _ABOUT, about)
        except BaseException:
            self._lock.close()
            raise

    def results(self, matches: Sequence[Match]) -> dict[Match, Result]:
        """Of the matches that have ended."""
        read = ((match, read_result(match, self.path)) for match in matches)
        return {match: result for match, result in read if result}

    def __enter__(self) -> "ContestFolder":
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.close()


def _read(path: Path) -> dict[str, Any] | None:
    file = path / _ABOUT
    if not file.exists():
        if any(child.name != ".lock" for child in path.iterdir()):
            raise UsageError(f"--out {path}: it is neither empty nor the folder of a contest")
        return None
    try:
        content = json.loads(file.read_text())
        return {key: content[key] for key in ("steps", "checkpoints", "roms")}
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"--out {path}: {file} is damaged: {error}") from error


def _refuse_changes(path: Path, known: dict[str, Any], about: dict[str, Any]) -> None:
    if known["steps"] != about["steps"]:
        raise UsageError(f"--steps {about['steps']}: the contest in {path} has {known['steps']}; give another --out")
    for name, checkpoint in about["checkpoints"].items():
        before = known["checkpoints"].get(name, checkpoint)
        if before != checkpoint:
            raise UsageError(f"AGENT {name}: in {path} it is {before}, not {checkpoint}; give another --out")
    for game, rom in about["roms"].items():
        if known["roms"].get(game, rom) != rom:
            raise UsageError(f"--out {path}: it holds results of another ROM of {game}; give another folder")
