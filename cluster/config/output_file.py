"""Output files that a user names."""

import json
import os
from pathlib import Path

from cluster.config.errors import UsageError
from world_model.replaced_file import replace_text


def require_writable(flag: str, file: Path) -> None:
    """Checks, before the work, that a file for its result can be written.

    Raises:
        UsageError: it cannot be written.
    """
    if not file.parent.is_dir():
        raise UsageError(f"{flag} {file}: there is no folder {file.parent}")
    if file.is_dir() or not os.access(file.parent, os.W_OK):
        raise UsageError(f"{flag} {file}: {'it is a folder' if file.is_dir() else 'the folder cannot be written'}")


def replace_json(file: Path, content: object) -> None:
    """Writes JSON through a temporary name; see `world_model.replaced_file`.

    Raises:
        OSError: the file cannot be written.
    """
    replace_text(file, json.dumps(content, indent=1) + "\n")
