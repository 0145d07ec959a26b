"""The version of this software."""

from importlib import metadata


def version() -> str:
    """As it was installed; `(not installed)` where the code runs without an installation."""
    try:
        return metadata.version("sonic-worlds")
    except metadata.PackageNotFoundError:
        return "(not installed)"
