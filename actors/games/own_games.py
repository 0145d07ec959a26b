"""Folders with games of users' own."""

import os
from pathlib import Path

VARIABLE = "SONIC_WORLDS_GAMES"
"""Of the environment: folders that hold folders NAME-Genesis-v0, with `:` between. On a cluster every node needs it."""


def own_folders() -> list[Path]:
    return [Path(folder).expanduser().absolute() for folder in os.environ.get(VARIABLE, "").split(os.pathsep) if folder]


def missing_folder() -> str | None:
    """One that is named and is none, in a line; None if all are there."""
    missing = next((folder for folder in own_folders() if not folder.is_dir()), None)
    return f"{VARIABLE}: {missing} is no folder" if missing else None
