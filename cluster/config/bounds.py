"""How large numbers may be, in configurations and on command lines."""

from cluster.config.errors import UsageError

MOST_SEED = 2**64 - 1
MOST_STEPS = 10**15
"""Exact as a float, too."""
MOST_WEIGHT = 1e6
"""Of rates, scales and weights of losses: float32 overflows far above it, and nothing learns there."""
MOST_SECONDS = 1e6
"""More than 11 days. A system call cannot wait for twice as long."""


def require_between(flag: str, value: float | None, least: float, most: float) -> None:
    """
    Args:
        value: None: none was given.

    Raises:
        UsageError: it is outside, or no number.
    """
    if value is not None and not least <= value <= most:
        raise UsageError(f"{flag} {value}: {least:,} to {most:,} is allowed")
