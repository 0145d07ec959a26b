"""~ for the home folder, as shells have it, where no shell has seen it: --runs-dir=~/x, or in a YAML file."""

import os
from pathlib import Path

from cluster.config.errors import UsageError


def at_home(word: str) -> str:
    """A word of a command line, or --FLAG=WORD, whose ~ or ~USER stands first.

    Raises:
        UsageError: it is ~, and this user has no home folder.
    """
    flag, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
    if not value.startswith("~"):
        return word
    expanded = os.path.expanduser(value)
    if expanded == value and value.partition("/")[0] == "~":
        raise UsageError(f"{word}: there is no home folder for ~: HOME is not set")
    return f"{flag}{equals}{expanded}"


def path_at_home(path: Path) -> Path:
    """
    Raises:
        UsageError: as `at_home`, or no file can have such a name.
    """
    try:
        if b"\0" in os.fsencode(path):
            raise ValueError("a zero byte")
    except ValueError:
        raise UsageError(f"{str(path)!r}: no file can have such a name") from None
    return Path(at_home(str(path)))
