"""Actions of a play as text: `8x3 2x1` is three steps of action 8 and one of action 2."""

from collections.abc import Iterable
from itertools import groupby


def pack(actions: Iterable[int]) -> list[str]:
    """A word for each run of equal actions."""
    return [f"{action}x{len(list(group))}" for action, group in groupby(actions)]


def unpack(text: str) -> list[int]:
    """The action of each step, from such words with white space between them."""
    runs = (word.split("x") for word in text.split())
    return [int(action) for action, steps in runs for _ in range(int(steps))]
