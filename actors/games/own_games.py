"""Folders with the user's own games."""

import os
from pathlib import Path

VARIABLE = "SONIC_WORLDS_GAMES"
"""Environment variable: folders of folders NAME-Genesis-v0, separated by `:`. On a cluster every node needs it."""


def own_folders() -> list[Path]:
    return [Path(folder).expanduser().absolute() for folder in os.environ.get(VARIABLE, "").split(os.pathsep) if folder]


def missing_folder() -> str | None:
    """Returns a line that names a folder of the variable that does not exist; None if all exist."""
    missing = next((folder for folder in own_folders() if not folder.is_dir()), None)
    return f"{VARIABLE}: {missing} is no folder" if missing else None
