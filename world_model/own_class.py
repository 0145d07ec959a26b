"""Users' own classes, by name: MODULE:CLASS."""

import importlib
import re

_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


class OwnClassError(ValueError):
    """There is no such class; the message is one line that says why."""


def is_own(name: str) -> bool:
    """Whether a name has the form MODULE:CLASS."""
    return _NAME.fullmatch(name) is not None


def own_class(name: str) -> type:
    """Returns the class, from a module that is installed or in a folder of PYTHONPATH.

    Raises:
        OwnClassError: the module cannot be imported, or has no such class.
    """
    module, _, attribute = name.partition(":")
    try:
        made = getattr(importlib.import_module(module), attribute, None)
    # A user's module may raise anything.
    except Exception as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise OwnClassError(f"module {module} cannot be imported: {why}; is its folder in PYTHONPATH?") from error
    if not isinstance(made, type):
        raise OwnClassError(f"module {module} has no class {attribute}")
    return made
