"""Errors of the user's input, as opposed to those of the program."""

_LONGEST = 200


class UsageError(Exception):
    """Bad input: one line that names the field, the value and what is allowed. The command exits with 2."""


class RunComplete(UsageError):
    """The run to resume has done all its steps already."""


def as_text(value: object) -> str:
    """Returns a value's text for a message: Python's repr, shortened where it is long."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        # The repr of a number with thousands of digits, or of an object that contains itself.
        return f"of type {type(value).__name__}"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
