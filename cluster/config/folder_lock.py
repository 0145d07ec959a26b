"""A folder that one process works in at a time."""

from pathlib import Path

from actors.portable.file_lock import try_lock
from cluster.config.errors import UsageError

LOCK = ".lock"
"""The file in the folder."""


class FolderLock:
    """Keeps other processes out of a folder, by a lock that ends with this process.

    Attributes:
        unlocked: why there are no locks here; "" where it is locked.
    """

    def __init__(self, folder: Path, in_use: str) -> None:
        """
        Args:
            in_use: what is said where another process has it.

        Raises:
            UsageError: another process has it.
            OSError: the folder cannot be written.
        """
        self._file = (folder / LOCK).open("w")
        try:
            self.unlocked = try_lock(self._file)
        except BlockingIOError as error:
            self._file.close()
            raise UsageError(in_use) from error

    def close(self) -> None:
        self._file.close()
