"""Expands ~ to the home folder where no shell does: in --runs-dir=~/x, and in YAML files."""

import os
from pathlib import Path

from cluster.config.errors import UsageError


def at_home(word: str) -> str:
    """Expands a leading ~ or ~USER of a command line's word, or of --FLAG=WORD.

    Raises:
        UsageError: the user has no home folder.
    """
    flag, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
    if not value.startswith("~"):
        return word
    expanded = os.path.expanduser(value)
    if expanded == value and value.partition("/")[0] == "~":
        raise UsageError(f"{word}: there is no home folder for ~: HOME is not set")
    return f"{flag}{equals}{expanded}"


def path_at_home(path: Path) -> Path:
    """Expands a leading ~ of a path.

    Raises:
        UsageError: the user has no home folder, or no file can have such a name.
    """
    try:
        if b"\0" in os.fsencode(path):
            raise ValueError("a zero byte")
    except ValueError:
        raise UsageError(f"{str(path)!r}: no file can have such a name") from None
    return Path(at_home(str(path)))
