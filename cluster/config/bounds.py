"""Bounds of numbers on command lines."""

from cluster.config.errors import UsageError


def require_between(flag: str, value: float | None, least: float, most: float) -> None:
    """Checks a flag's value.

    Args:
        value: None if the flag is not given.
        least, most: bounds, which are allowed themselves.

    Raises:
        UsageError: the value is outside, or no number.
    """
    if value is not None and not least <= value <= most:
        raise UsageError(f"{flag} {value}: {least:,} to {most:,} is allowed")
