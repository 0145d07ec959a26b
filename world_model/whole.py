"""Parses whole numbers as people write them: 1000000, 1_000_000, 1e6."""

import re
from decimal import Decimal

_WITH_EXPONENT = re.compile(r"[+-]?\d+(\.\d*)?[eE]\+?\d{1,2}", re.ASCII)


def whole(text: str) -> int:
    """Parses a whole number.

    Raises:
        ValueError: the text is none.
    """
    if _WITH_EXPONENT.fullmatch(text.strip()):
        number = Decimal(text.strip())
        if number == number.to_integral_value():
            return int(number)
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text!r} is no whole number") from None


def as_whole(value: object) -> object:
    """Returns the whole number that a float, or a text with an exponent, stands for; any other value unchanged."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and _WITH_EXPONENT.fullmatch(value.strip()):
        try:
            return whole(value)
        except ValueError:
            return value
    return value
