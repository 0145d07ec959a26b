"""The buttons of each action as bits of the game's code."""

import numpy as np

from windup.game import ACTIONS

_PADS = {"UP": 1, "DOWN": 2, "LEFT": 4, "RIGHT": 8, "B": 16, "C": 32, "A": 64, "START": 128}
"""`enum pad` in src/game.h."""
PADS = np.array([sum(_PADS[button] for button in buttons) for buttons in ACTIONS], np.uint8)
