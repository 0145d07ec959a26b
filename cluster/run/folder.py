"""The folder of a run, with its configuration, metrics and checkpoints."""

import json
import math
import os
import re
import shutil
import time
import uuid
from pathlib import Path

import yaml

from cluster.config.arguments import CONFIG_FILE
from cluster.config.config import TrainConfig
from cluster.config.errors import UsageError
from cluster.config.folder_lock import LOCK, FolderLock
from cluster.run.checkpoints import Checkpoints
from world_model.replaced_file import replace_text

PROBE_FILE = "probe.json"
"""Name of the file in a run's folder to which `probe` writes its results."""

_KEY = ".key"
_KEY_FORM = re.compile(".+-[0-9a-f]{8}")
_BEFORE_IT_BEGINS = {LOCK, _KEY, f".{_KEY}.tmp", f".{CONFIG_FILE}.tmp", "logs", "checkpoints"}
"""Files that a failed start may have left in a folder."""


class RunFolder:
    """runs/<name>. It is locked while it is open, by a lock that vanishes with the process.

    Attributes:
        path: the folder.
        name: last part of the path.
        checkpoints: the run's checkpoints.
        unlocked: why the folder could not be locked; "" where it is locked.
    """

    def __init__(self, path: Path, keep: int) -> None:
        """Opens a folder; use `create` or `reopen` instead."""
        self.path = path
        self.name = path.name
        self._lock = FolderLock(path, f"run {path} is in use by another process")
        self.unlocked = self._lock.unlocked
        try:
            self.logs.mkdir(exist_ok=True)
            self.checkpoints = Checkpoints(path / "checkpoints", keep)
        except BaseException:
            self.close()
            raise

    @classmethod
    def create(cls, config: TrainConfig) -> "RunFolder":
        """Makes the folder and writes the resolved configuration. An existing one may hold nothing but a failed start.

        Raises:
            UsageError: the name is taken or invalid, or the place cannot be written; then no folder is left.
        """
        name = config.name if config.name is not None else _default_name(config)
        if name in ("", ".", "..") or "/" in name or "\0" in name:
            raise UsageError(f"--name {name!r} is not a plain folder name")
        path = config.runs_dir / name
        config = config.model_copy(update={"name": name})
        try:
            config.runs_dir.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(path):
                _require_unbegun(name, path)
                return cls._begin(path, config)
            hidden = config.runs_dir / f".{name}.{uuid.uuid4().hex[:8]}"
            hidden.mkdir()
            try:
                cls._begin(hidden, config).close()
                os.rename(hidden, path)
            except BaseException:
                shutil.rmtree(hidden, ignore_errors=True)
                raise
            return cls(path, config.checkpoint.keep)
        except (FileExistsError, NotADirectoryError) as error:
            raise UsageError(f"--runs-dir {config.runs_dir} is not a folder") from error
        except OSError as error:
            raise UsageError(f"--runs-dir {config.runs_dir} cannot be written: {error.strerror}") from error

    @classmethod
    def _begin(cls, folder: Path, config: TrainConfig) -> "RunFolder":
        """Fills a folder; the configuration, which marks it as a run's, comes last."""
        run = cls(folder, config.checkpoint.keep)
        try:
            replace_text(folder / _KEY, _new_key(str(config.name)))
            run.write_config(config)
        except BaseException:
            run.close()
            raise
        return run

    @classmethod
    def reopen(cls, path: Path, keep: int) -> "RunFolder":
        """Opens a folder for a resume; `config_file_of` has checked that it is a run."""
        try:
            run = cls(path, keep)
            # A copy may lack hidden files, which * leaves out. It gets a key of its own.
            if not _KEY_FORM.fullmatch(_text(path / _KEY)):
                replace_text(path / _KEY, _new_key(path.name))
            return run
        except OSError as error:
            raise UsageError(f"run {path} cannot be written: {error.strerror}") from error

    @property
    def metrics_path(self) -> Path:
        """File with one JSON line per iteration."""
        return self.path / "metrics.jsonl"

    @property
    def logs(self) -> Path:
        """Folder with the logs of Ray's processes: of the start, and, if the run failed, all of them."""
        return self.path / "logs"

    @property
    def tensorboard(self) -> Path:
        return self.path / "tensorboard"

    @property
    def key(self) -> str:
        """The run's unique name in a Redis, where other runs may have a folder of the same name."""
        return (self.path / _KEY).read_text()

    @property
    def valkey(self) -> Path:
        """Folder with the data of the private Valkey."""
        return self.path / "valkey"

    def write_config(self, config: TrainConfig) -> None:
        """Writes config.yaml, through a temporary name."""
        replace_text(self.path / CONFIG_FILE, yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False))

    def cut_metrics(self, iteration: int) -> None:
        """Removes the lines after an iteration, written after the last checkpoint, and damaged lines."""
        if not self.metrics_path.exists():
            return
        lines = self.metrics_path.read_bytes().split(b"\n")[:-1]
        kept = [line for line in lines if _iteration(line) <= iteration]
        replace_text(self.metrics_path, "".join(f"{line.decode()}\n" for line in kept))

    def close(self) -> None:
        self._lock.close()


def _new_key(name: str) -> str:
    return f"{name}-{uuid.uuid4().hex[:8]}"


def _text(file: Path) -> str:
    """Returns the content of a file; empty if there is none."""
    return file.read_text(errors="replace") if file.is_file() else ""


def _iteration(line: bytes) -> float:
    """Returns the iteration of a row; infinity if the line is no row."""
    try:
        row = json.loads(line.decode())
        return float(row["iteration"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return math.inf


def _require_unbegun(name: str, path: Path) -> None:
    """Checks that an existing folder holds nothing, or only what a failed start left.

    Raises:
        UsageError: it is no folder, or holds more.
    """
    if (path / CONFIG_FILE).exists():
        raise UsageError(f"--name {name}: {path} exists; choose another name, or go on with --resume {path}")
    if not path.is_dir() or not {child.name for child in path.iterdir()} <= _BEFORE_IT_BEGINS or _has_checkpoints(path):
        raise UsageError(f"--name {name}: {path} exists, and is not the folder of a run; choose another name")


def _has_checkpoints(path: Path) -> bool:
    folder = path / "checkpoints"
    return folder.is_dir() and any(folder.iterdir())


def _default_name(config: TrainConfig) -> str:
    """Returns a name from the levels and the time, which is unique even for two runs in one second."""
    what = config.levels.split(",")[0].split("/")[0].split("-")[0].strip().lower()
    what = "".join(c for c in what if c.isalnum()) or "run"
    base = f"{what}-{time.strftime('%Y%m%d-%H%M%S')}"
    name, number = base, 1
    while (config.runs_dir / name).exists():
        number += 1
        name = f"{base}-{number}"
    return name
