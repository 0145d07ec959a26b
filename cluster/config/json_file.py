"""Reads JSON files of earlier commands, which others may have changed."""

from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")


class JsonError(ValueError):
    """A file cannot be read, or has no valid content; the message is one line, without the file's name."""


def read_json(file: Path, form: TypeAdapter[T]) -> T:
    """Reads a file of a given form.

    Raises:
        JsonError: the file cannot be read, is no JSON, or has another form.
    """
    try:
        return form.validate_json(file.read_bytes())
    except OSError as error:
        raise JsonError(f"it cannot be read: {error.strerror}") from error
    except ValidationError as error:
        problem = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(map(printable, problem["loc"]))
        raise JsonError(f"{where}: {problem['msg']}" if where else problem["msg"]) from error


def printable(part: object) -> str:
    """Returns a field's name as one printable line."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(part))
