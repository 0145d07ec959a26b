"""A lock that keeps other processes out and ends with this one, where the file system has such locks."""

from __future__ import annotations

import fcntl
from typing import IO, Any


def try_lock(file: int | IO[Any]) -> str:
    """Takes it, without waiting. "" where it was taken; else why there are no locks here.

    Some file systems have none: Lustre as it is often mounted, NFS without its lock server. Whatever they say, a lock
    that cannot be had is no reason to refuse the work that it would guard.

    Raises:
        BlockingIOError: another process has it.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError as error:
        return error.strerror or str(error)
    return ""


def unguarded(place: object, why: str) -> str:
    """What to tell where there are no locks."""
    return f"warning: {place} cannot be locked ({why}); do not start the same there twice at a time"
