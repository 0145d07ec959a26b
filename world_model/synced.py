"""What was written, on the disk."""

import errno
import os

_UNTOLD = {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}


def sync(descriptor: int) -> None:
    """Waits until the disk has all that was written to a file, or to a folder.

    Some file systems cannot say so, and some, as SMB, not of folders: what they have taken is believed to be kept.

    Raises:
        OSError: the disk does not take it.
    """
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _UNTOLD:
            raise
