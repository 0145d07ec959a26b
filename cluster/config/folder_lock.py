"""A lock of a folder for one process at a time."""

from pathlib import Path

from actors.portable.file_lock import try_lock
from cluster.config.errors import UsageError

LOCK = ".lock"
"""Name of the lock's file in the folder."""


class FolderLock:
    """Keeps other processes out of a folder, by a lock that ends with this process.

    Attributes:
        unlocked: why the file system has no locks; "" where the folder is locked.
    """

    def __init__(self, folder: Path, in_use: str) -> None:
        """Locks the folder.

        Args:
            in_use: the error's text where another process holds the lock.

        Raises:
            UsageError: another process holds the lock.
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
