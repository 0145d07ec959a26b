"""Run-length encoding of actions as text: `8x3 2x1` is three steps of action 8 and one of action 2."""

from collections.abc import Iterable
from itertools import groupby


def pack(actions: Iterable[int]) -> list[str]:
    """Returns a word for each run of equal actions."""
    return [f"{action}x{len(list(group))}" for action, group in groupby(actions)]


def unpack(text: str) -> list[int]:
    """Returns the action of each step from words of `pack`, separated by white space."""
    runs = (word.split("x") for word in text.split())
    return [int(action) for action, steps in runs for _ in range(int(steps))]
