"""What a user did wrong, as opposed to what we did."""

_LONGEST = 200


class UsageError(Exception):
    """Bad input: one line that names the field, the value and what is allowed. The command exits with 2."""


class RunComplete(UsageError):
    """A run to be resumed has all the steps that are asked for."""


def as_text(value: object) -> str:
    """A value in a message: as Python writes it, cut where it is long."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):
        # Of a number of thousands of digits, or of what holds itself.
        return f"of type {type(value).__name__}"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
