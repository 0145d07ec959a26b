"""Packages that only some commands need: the extras of pyproject.toml."""

from importlib.util import find_spec

from cluster.config.errors import UsageError

_MODULES = {"movies": ("av",), "plots": ("matplotlib",), "study": ("arch", "matplotlib")}


def missing_extra(extra: str) -> str | None:
    """Returns what is not installed of an extra, and the command that installs it; None if nothing is missing."""
    missing = [module for module in _MODULES[extra] if find_spec(module) is None]
    if not missing:
        return None
    are = "is" if len(missing) == 1 else "are"
    return f'{" and ".join(missing)} {are} not installed: pip install "sonic-worlds[{extra}]"'


def require_extra(where: str, extra: str) -> None:
    """Checks that an extra is installed.

    Args:
        where: the command or the flag that needs it; the error begins with that.
        extra: its name.

    Raises:
        UsageError: the extra is not installed.
    """
    if missing := missing_extra(extra):
        raise UsageError(f"{where}: {missing}")
