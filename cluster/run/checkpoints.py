"""Checkpoints as folders that are whole or not there."""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_MANIFEST = "manifest.json"
_PREFIX = "iteration-"


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint on disk: its folder, the iteration after which it was written, and what was said of it."""

    path: Path
    iteration: int
    summary: dict[str, Any]


class Checkpoints:
    """The checkpoints of a run: the newest few and the best are kept."""

    def __init__(self, folder: Path, keep: int) -> None:
        """Removes what a killed process left half-written."""
        self.folder = folder
        self._keep = keep
        folder.mkdir(exist_ok=True)
        for leftover in folder.glob(".*"):
            shutil.rmtree(leftover, ignore_errors=True)

    @contextmanager
    def writing(self, iteration: int, summary: dict[str, Any]) -> Iterator[Path]:
        """Gives a temporary folder to write files into; it becomes a checkpoint when the block ends without error.

        Args:
            summary: JSON-able; its `score`, if any, decides which checkpoint is the best.
        """
        final = self.folder / f"{_PREFIX}{iteration:08d}"
        temporary = self.folder / f".{final.name}"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir()
        try:
            yield temporary
            files = {}
            for file in sorted(temporary.iterdir()):
                files[file.name] = {"bytes": file.stat().st_size, "sha256": _digest(file)}
                _sync(file)
            manifest = {"iteration": iteration, "time": time.time(), "summary": summary, "files": files}
            (temporary / _MANIFEST).write_text(json.dumps(manifest, indent=1))
            _sync(temporary / _MANIFEST)
            _sync(temporary)
            self._remove(final)
            os.rename(temporary, final)
            _sync(self.folder)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
        self._remove_old()

    def newest_intact(self) -> tuple[Checkpoint | None, list[str]]:
        """The newest checkpoint whose files are as they were written, and what was wrong with newer ones."""
        return newest_intact(self.folder)

    def _remove_old(self) -> None:
        paths = sorted(self.folder.glob(f"{_PREFIX}*"))
        scores = {path: score for path in paths if (score := _score(path)) is not None}
        best = max(scores, key=lambda path: scores[path], default=None)
        for path in paths[: -self._keep]:
            if path != best:
                self._remove(path)

    def _remove(self, path: Path) -> None:
        """Under a hidden name, so that a kill in the middle leaves no half of a checkpoint."""
        if path.exists():
            hidden = self.folder / f".old-{path.name}"
            os.rename(path, hidden)
            shutil.rmtree(hidden)


def newest_intact(folder: Path) -> tuple[Checkpoint | None, list[str]]:
    """The same of a folder that another process may write checkpoints into."""
    warnings: list[str] = []
    for path in sorted(folder.glob(f"{_PREFIX}*"), reverse=True):
        try:
            return verified(path), warnings
        except (OSError, ValueError, KeyError, TypeError) as error:
            warnings.append(f"checkpoint {path} is damaged: {error}")
    return None, warnings


def verified(path: Path) -> Checkpoint:
    """The checkpoint in a folder.

    Raises:
        OSError, ValueError, KeyError, TypeError: a file is not as it was written, or not there.
    """
    manifest = json.loads((path / _MANIFEST).read_text())
    for name, told in manifest["files"].items():
        file = path / name
        if file.stat().st_size != told["bytes"] or _digest(file) != told["sha256"]:
            raise ValueError(f"{name} is not as it was written")
    return Checkpoint(path, int(manifest["iteration"]), manifest["summary"])


def _score(path: Path) -> float | None:
    try:
        return json.loads((path / _MANIFEST).read_text())["summary"].get("score")
    except (OSError, ValueError, KeyError, AttributeError):
        return None


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
