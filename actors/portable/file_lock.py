"""A lock that keeps other processes out and ends with this one, where the file system has such locks."""

from __future__ import annotations

import fcntl
from typing import IO, Any


def try_lock(file: int | IO[Any]) -> str:
    """Takes the lock without waiting. Returns "", or why the file system has no locks.

    Some have none: Lustre as it is often mounted, NFS without its lock server. That is no reason to refuse the work
    that the lock would guard.

    Raises:
        BlockingIOError: another process holds the lock.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError as error:
        return error.strerror or str(error)
    return ""


def unguarded(place: object, why: str) -> str:
    """Returns the warning for a place without locks."""
    return f"warning: {place} cannot be locked ({why}); do not start the same there twice at a time"
