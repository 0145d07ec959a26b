"""The buttons of a pad as discrete actions of the emulator."""

from collections.abc import Collection
from itertools import product

from actors.games.games import Actions

_ACROSS = ((), ("LEFT",), ("RIGHT",))
_UPRIGHT = ((), ("UP",), ("DOWN",))
_BUTTONS = ("A", "B", "C")

PAD: Actions = tuple(
    (*across, *upright, *(button for button, down in zip(_BUTTONS, pressed, strict=True) if down))
    for across, upright, pressed in product(_ACROSS, _UPRIGHT, product((False, True), repeat=len(_BUTTONS)))
)
"""Every combination of buttons; action 0 holds none."""

_NUMBERS = {frozenset(buttons): number for number, buttons in enumerate(PAD)}
_OPPOSITES = ({"LEFT", "RIGHT"}, {"UP", "DOWN"})


def action_of(held: Collection[str]) -> int:
    """Returns the action in PAD for held buttons. Opposite directions, impossible on a pad, cancel each other."""
    buttons = set(held)
    for pair in _OPPOSITES:
        if pair <= buttons:
            buttons -= pair
    return _NUMBERS[frozenset(buttons)]
