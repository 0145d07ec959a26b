"""Files that are whole at every moment, whatever happens while they are written anew."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from world_model.synced import sync


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """Gives a path beside a file to write to; at the end of the block what was written takes the file's place.

    It is on the disk by then, and has the mode of a file that was there before. Where the block fails, the file is as
    it was, and nothing else is left.

    Raises:
        OSError: it cannot be written.
    """
    beside = file.with_name(f".{file.name}.tmp")
    try:
        yield beside
        put_in_place(beside, file)
    finally:
        # What somebody else put in the way is not ours.
        if beside.is_file():
            beside.unlink()


def put_in_place(written: Path, file: Path) -> None:
    """Moves a file that is written to where it belongs, in the same folder. See `replacing`."""
    if file.exists():
        written.chmod(stat.S_IMODE(file.stat().st_mode))
    descriptor = os.open(written, os.O_RDONLY)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)
    os.replace(written, file)


def replace_text(file: Path, text: str) -> None:
    """Writes a file anew. See `replacing`."""
    with replacing(file) as beside:
        beside.write_text(text)
