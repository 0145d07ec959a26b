"""Replaces files so that they are whole at every moment, even if the process is killed."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from world_model.synced import sync


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """A context with a temporary path beside a file, which replaces the file at the end of the block.

    By then it is on the disk, with the mode of the old file. If the block fails, the old file stays, and nothing else
    is left.

    Raises:
        OSError: the file cannot be written.
    """
    beside = file.with_name(f".{file.name}.tmp")
    try:
        yield beside
        put_in_place(beside, file)
    finally:
        # Something else of this name, such as a folder, is not ours.
        if beside.is_file():
            beside.unlink()


def put_in_place(written: Path, file: Path) -> None:
    """Moves a written file to its final name in the same folder. See `replacing`."""
    if file.exists():
        written.chmod(stat.S_IMODE(file.stat().st_mode))
    descriptor = os.open(written, os.O_RDONLY)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)
    os.replace(written, file)


def replace_text(file: Path, text: str) -> None:
    """Replaces a file's text. See `replacing`."""
    with replacing(file) as beside:
        beside.write_text(text)
