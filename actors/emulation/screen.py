"""From the console's screen to the frame that the world model sees."""

from functools import cache

import cv2
import numpy as np


def resize_screen(screen: np.ndarray, out: np.ndarray) -> None:
    """Resizes uint8 [H, W, 3] into `out`, uint8 [S, S, 3].

    Averaging a large screen costs most in cv2's INTER_AREA, but halving is its fast case: a screen that is still large
    enough when halved is halved first, and the rest is linear.
    """
    size = out.shape[0]
    height, width = screen.shape[0] // 2, screen.shape[1] // 2
    if height >= size and width >= size:
        screen = cv2.resize(screen, (width, height), dst=_halved(width, height), interpolation=cv2.INTER_AREA)
    cv2.resize(screen, (size, size), dst=out, interpolation=cv2.INTER_LINEAR)


@cache
def _halved(width: int, height: int) -> np.ndarray:
    """Returns the array for the halved screen, the same one in all calls: a new one takes a third of the time."""
    return np.empty((height, width, 3), np.uint8)
