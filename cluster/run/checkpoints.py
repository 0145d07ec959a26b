"""Checkpoints: folders that are written whole or not at all."""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from world_model.finite import check_finite
from world_model.synced import sync

_MANIFEST = "manifest.json"
_PREFIX = "iteration-"
_FLOATS = ("F16", "F32", "F64")
"""Names, in safetensors, of the dtypes that we use and that can hold numbers that are not finite."""


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint on disk: its folder, the iteration after which it was written, and its summary."""

    path: Path
    iteration: int
    summary: dict[str, Any]


class Checkpoints:
    """The checkpoints of a run: the newest few and the best are kept."""

    def __init__(self, folder: Path, keep: int) -> None:
        """Opens a folder, and removes half-written checkpoints of a killed process.

        Args:
            folder: of the checkpoints.
            keep: number of newest checkpoints to keep.
        """
        self.folder = folder
        self._keep = keep
        folder.mkdir(exist_ok=True)
        for leftover in folder.glob(".*"):
            shutil.rmtree(leftover, ignore_errors=True)

    @contextmanager
    def writing(self, iteration: int, summary: dict[str, Any]) -> Iterator[Path]:
        """A context with a temporary folder, which becomes a checkpoint when the block ends without error.

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

    def newest_intact(
        self, check: Callable[[Checkpoint], None] = lambda _: None
    ) -> tuple[Checkpoint | None, list[str]]:
        """Returns the newest intact checkpoint, and why newer ones are not intact.

        Args:
            check: raises a ValueError if a checkpoint cannot be used though its files are undamaged.
        """
        return newest_intact(self.folder, check)

    def _remove_old(self) -> None:
        paths = sorted(self.folder.glob(f"{_PREFIX}*"))
        scores = {path: score for path in paths if (score := _score(path)) is not None}
        best = max(scores, key=lambda path: scores[path], default=None)
        for path in paths[: -self._keep]:
            if path != best:
                self._remove(path)

    def _remove(self, path: Path) -> None:
        """Removes a checkpoint, under a hidden name: a kill meanwhile leaves no half of one."""
        if path.exists():
            hidden = self.folder / f".old-{path.name}"
            os.rename(path, hidden)
            shutil.rmtree(hidden)


def newest_intact(
    folder: Path, check: Callable[[Checkpoint], None] = lambda _: None
) -> tuple[Checkpoint | None, list[str]]:
    """As `Checkpoints.newest_intact`, in a folder that another process may write to meanwhile."""
    warnings: list[str] = []
    for path in sorted(folder.glob(f"{_PREFIX}*"), reverse=True):
        try:
            checkpoint = verified(path)
            check(checkpoint)
            return checkpoint, warnings
        except (OSError, ValueError, KeyError, TypeError) as error:
            warnings.append(f"checkpoint {path} is damaged: {error}")
    return None, warnings


def verified(path: Path) -> Checkpoint:
    """Reads the checkpoint in a folder, and checks its files.

    Raises:
        OSError, ValueError, KeyError, TypeError: a file is missing or changed, or has numbers that are not finite.
    """
    manifest = _read_manifest(path)
    for name, entry in manifest["files"].items():
        file = path / name
        if file.stat().st_size != entry["bytes"] or _digest(file) != entry["sha256"]:
            raise ValueError(f"{name} is not as it was written")
        if file.suffix == ".safetensors":
            _check_finite(file)
    return Checkpoint(path, int(manifest["iteration"]), manifest["summary"])


def _read_manifest(path: Path) -> dict[str, Any]:
    """Reads the manifest of a checkpoint.

    Raises:
        OSError, ValueError, KeyError, TypeError: it is damaged.
    """
    try:
        manifest: dict[str, Any] = json.loads((path / _MANIFEST).read_text())
    except RecursionError as error:
        raise ValueError(f"{_MANIFEST} holds lists in lists without end") from error
    if not isinstance(manifest["files"], dict) or not isinstance(manifest["summary"], dict):
        raise TypeError(f"{_MANIFEST} is not as it was written")
    if not isinstance(manifest["summary"].get("steps_total", 0), int):
        raise TypeError(f"{_MANIFEST}: summary.steps_total is no whole number")
    return manifest


def _check_finite(file: Path) -> None:
    """Checks the arrays in a safetensors file.

    Raises:
        ValueError: an array has numbers that are not finite, or the file has no arrays.
    """
    try:
        with safe_open(file, framework="numpy") as arrays:
            for name in arrays.keys():  # noqa: SIM118 - not a dict
                if arrays.get_slice(name).get_dtype() in _FLOATS:
                    check_finite({f"{name} in {file.name}": arrays.get_tensor(name)})
    except SafetensorError as error:
        raise ValueError(f"{file.name}: {error}") from error


def _score(path: Path) -> float | None:
    try:
        score = _read_manifest(path)["summary"].get("score")
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return float(score) if isinstance(score, int | float) else None


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)
