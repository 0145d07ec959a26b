"""JSON files that earlier commands wrote, and others may have changed."""

from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")


class JsonError(ValueError):
    """A file that cannot be read, holds no JSON, or not what it should: one line, without the file's name."""


def read_json(file: Path, form: TypeAdapter[T]) -> T:
    """
    Raises:
        JsonError
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
    """A field's name in one line, whatever is in it."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(part))
