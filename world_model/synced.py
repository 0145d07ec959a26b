"""Waits until written files are on the disk."""

import errno
import os

_UNTOLD = {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}


def sync(descriptor: int) -> None:
    """Waits until everything written to a file or folder is on the disk.

    Some file systems cannot confirm that, and others, such as SMB, not for folders. There, written data counts as kept.

    Raises:
        OSError: the disk fails or is full.
    """
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _UNTOLD:
            raise
