"""How large numbers may be on command lines."""

from cluster.config.errors import UsageError


def require_between(flag: str, value: float | None, least: float, most: float) -> None:
    """
    Args:
        value: None: none was given.

    Raises:
        UsageError: it is outside, or no number.
    """
    if value is not None and not least <= value <= most:
        raise UsageError(f"{flag} {value}: {least:,} to {most:,} is allowed")
