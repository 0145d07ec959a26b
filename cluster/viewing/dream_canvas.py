"""Draws a step of a dream beside the emulator's."""

import numpy as np

from cluster.viewing.canvas import BLUE, DIM, GREEN, ORANGE, RED, TEXT, Canvas
from cluster.viewing.dream import Dream

WIDTH, HEIGHT = 800, 440
_SIDE = 250


def draw_dream(dream: Dream, step: int, level: str, action: str) -> np.ndarray:
    """Draws a step as a picture, uint8 [440, 800, 3].

    Args:
        step: number of the step, from 0 on.
        level: its name.
        action: the buttons of the action.
    """
    shown = dream.steps[step]
    canvas = Canvas(WIDTH, HEIGHT)
    canvas.text(12, 10, level, 18)
    text = f"step {step + 1} of {len(dream.steps)}, action {action}"
    canvas.text(WIDTH - 12, 12, text, 14, DIM, right=True)
    pictures = (
        ("dream: M alone, drawn by V", shown.dream, GREEN),
        ("emulator, drawn by V", shown.reconstruction, TEXT),
        ("emulator", shown.screen, TEXT),
    )
    for column, (name, pixels, colour) in enumerate(pictures):
        x = 12 + column * (_SIDE + 13)
        canvas.text(x, 40, name, 14, colour)
        canvas.picture(pixels, (x, 62, _SIDE, _SIDE))
    errors = [each.error for each in dream.steps]
    box = (12, 346, WIDTH - 24, 76)
    high = 1.05 * max(*errors, dream.threshold, 1e-9)
    canvas.text(12, 322, "how far the dream is from the emulator", 13, ORANGE)
    parted = dream.parted is not None and step + 1 >= dream.parted
    verdict = f"they parted at step {dream.parted}" if parted else "together so far"
    canvas.text(WIDTH - 12, 322, verdict, 13, RED if parted else GREEN, right=True)
    canvas.panel(box)
    canvas.curve(box, [dream.threshold] * len(errors), len(errors), BLUE, 0.0, high)
    canvas.curve(box, errors[: step + 1], len(errors), ORANGE, 0.0, high)
    if parted and dream.parted is not None:
        canvas.mark(box[0] + round((dream.parted - 1) / max(1, len(errors) - 1) * box[2]), box[1], box[3], RED)
    return canvas.pixels()
