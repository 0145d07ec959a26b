"""Ray's token authentication. It is decided before Ray is imported, which reads RAY_AUTH_MODE only once."""

import os
from pathlib import Path

_DEFAULT_PATH = Path(".ray/auth_token")
_TOKENS = ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")


def present_token() -> None:
    """Uses the user's token if there is one, as clusters may require it, unless RAY_AUTH_MODE says otherwise."""
    if any(os.environ.get(name) for name in _TOKENS) or (Path.home() / _DEFAULT_PATH).exists():
        os.environ.setdefault("RAY_AUTH_MODE", "token")
