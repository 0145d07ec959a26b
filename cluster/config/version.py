"""The version of this software."""

from importlib import metadata


def version() -> str:
    """Returns the installed version; `(not installed)` where the code runs without an installation."""
    try:
        return metadata.version("sonic-worlds")
    except metadata.PackageNotFoundError:
        return "(not installed)"
