"""Draws the steps of an agent for `watch`."""

from collections import deque
from collections.abc import Sequence

import numpy as np

from cluster.viewing.canvas import BLUE, DIM, GREEN, ORANGE, RED, Box, Canvas
from cluster.viewing.insight import Insight

WIDTH, HEIGHT = 960, 540
_SEEN = 150
"""Number of steps in the curves: ten seconds."""
_LARGEST_Z = 3.0
"""Value of z, in standard deviations of its prior, that fills half of a column."""


class WatchCanvas:
    """Draws successive insights, with curves of the last ten seconds."""

    def __init__(self, level: str, actions: Sequence[Sequence[str]]) -> None:
        """
        Args:
            level: its name.
            actions: buttons of each action.
        """
        self._level = level
        self._actions = ["+".join(buttons) or "none" for buttons in actions]
        self._curiosity: deque[float] = deque(maxlen=_SEEN)
        self._value: deque[float] = deque(maxlen=_SEEN)

    def draw(self, seen: Insight) -> np.ndarray:
        """Draws a step as a picture, uint8 [540, 960, 3]."""
        if seen.step == 1:
            self._curiosity.clear()
            self._value.clear()
        self._curiosity.append(seen.curiosity)
        self._value.append(seen.value)
        canvas = Canvas(WIDTH, HEIGHT)
        canvas.text(16, 12, self._level, 18)
        canvas.text(496, 14, f"episode {seen.episode}  step {seen.step}  score {seen.score:,.0f}", 15, DIM, right=True)
        canvas.picture(seen.screen, (16, 44, 480, 336))
        for column, (name, pixels) in enumerate(
            (("V sees", seen.frame), ("V draws from z", seen.reconstruction), ("M foretold", seen.prediction))
        ):
            x = 512 + column * 148
            canvas.text(x, 18, name, 14, DIM)
            canvas.picture(pixels, (x, 44, 140, 140))
        self._draw_actions(canvas, seen)
        self._draw_curve(canvas, (16, 410, 232, 114), "curiosity, raw", self._curiosity, ORANGE, seen.curiosity)
        self._draw_curve(canvas, (264, 410, 232, 114), "value", self._value, GREEN, seen.value)
        canvas.text(512, 390, f"z: {len(seen.z)} latent dimensions of what V sees", 13, DIM)
        canvas.columns((512, 410, 436, 114), seen.z.tolist(), _LARGEST_Z)
        return canvas.pixels()

    def _draw_actions(self, canvas: Canvas, seen: Insight) -> None:
        canvas.text(512, 194, "action probabilities", 13, DIM)
        canvas.text(948, 194, "inverse model's guess: red line", 13, RED, right=True)
        pitch = 176 // len(self._actions)
        size = min(13, pitch)
        for i, name in enumerate(self._actions):
            y = 212 + i * pitch
            taken = i == seen.action
            canvas.text(512, y, name, size, GREEN if taken else DIM)
            canvas.bar((602, y + 2, 300, pitch - 5), float(seen.probabilities[i]), GREEN if taken else BLUE)
            canvas.mark(602 + round(300 * float(seen.guess[i])), y + 1, pitch - 4, RED)
            canvas.text(948, y, f"{seen.probabilities[i]:.0%}", size, DIM, right=True)

    def _draw_curve(
        self, canvas: Canvas, box: Box, name: str, values: Sequence[float], colour: tuple[int, int, int], now: float
    ) -> None:
        left, top, width, height = box
        low, high = min(0.0, *values), max(0.0, *values)
        canvas.text(left, top - 20, name, 13, DIM)
        canvas.text(left + width, top - 20, f"{now:+.3f}", 13, colour, right=True)
        canvas.panel(box)
        canvas.curve((left + 4, top + 4, width - 8, height - 8), values, _SEEN, colour, low, high)
