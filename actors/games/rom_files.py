"""The files to look for ROMs in."""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


class ImportPathError(ValueError):
    """A path does not exist or cannot be read."""


@dataclass(frozen=True)
class RomFiles:
    """Files that may be ROMs.

    Attributes:
        files: sorted.
        skipped: other paths, each with the reason why it is not read.
    """

    files: list[Path]
    skipped: dict[str, str] = field(default_factory=dict)


def find_files(paths: Sequence[Path]) -> RomFiles:
    """Returns the files among the paths and in their folders. Links are followed; no folder is searched twice.

    Raises:
        ImportPathError: one of the paths does not exist or cannot be read.
    """
    walk = _Walk()
    for path in paths:
        try:
            kind = path.stat().st_mode
            if stat.S_ISDIR(kind):
                os.scandir(path).close()
        except FileNotFoundError as error:
            why = "is a link to nothing" if path.is_symlink() else "does not exist"
            raise ImportPathError(f"{path} {why}") from error
        except OSError as error:
            raise ImportPathError(f"{path} cannot be read: {error.strerror}") from error
        if not stat.S_ISDIR(kind) and not stat.S_ISREG(kind):
            raise ImportPathError(f"{path} is no file or folder")
        walk.look_into(path)
    return RomFiles(sorted(walk.files), dict(sorted(walk.skipped.items())))


class _Walk:
    def __init__(self) -> None:
        self.files: set[Path] = set()
        self.skipped: dict[str, str] = {}
        self._folders: dict[tuple[int, int], Path] = {}

    def look_into(self, path: Path) -> None:
        # Not by recursion: folders may be deep.
        waiting = [path]
        while waiting:
            waiting += self._visit(waiting.pop())

    def _visit(self, path: Path) -> list[Path]:
        """Adds a file, or returns the content of a folder; nothing for one that was visited or cannot be read."""
        try:
            status = path.stat()
            if stat.S_ISREG(status.st_mode):
                self.files.add(path)
            elif stat.S_ISDIR(status.st_mode):
                return self._open(path, (status.st_dev, status.st_ino))
            else:
                self.skipped[str(path)] = "no file, but a device, a pipe or a socket"
        except FileNotFoundError:
            self.skipped[str(path)] = "a link to nothing"
        except OSError as error:
            self.skipped[str(path)] = f"cannot be read: {error.strerror}"
        return []

    def _open(self, folder: Path, number: tuple[int, int]) -> list[Path]:
        first = self._folders.setdefault(number, folder)
        if first != folder:
            self.skipped[str(folder)] = f"the same folder as {first}"
            return []
        with os.scandir(folder) as entries:
            # From the last one on, for the last one is visited first.
            return sorted((Path(entry.path) for entry in entries), reverse=True)
