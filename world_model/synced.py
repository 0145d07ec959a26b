"""Waits for the disk."""

import errno
import os

_UNTOLD = {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}


def sync(descriptor: int) -> None:
    """Waits until everything written to a file or folder is on the disk.

    Some file systems cannot say so, and some, as SMB, not of folders: what they have taken is believed to be kept.

    Raises:
        OSError: the disk fails or is full.
    """
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _UNTOLD:
            raise
