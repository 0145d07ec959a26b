"""Pictures of palette indexes, and the shapes that are drawn into them."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Ramp = Sequence[int]
"""Palette indexes of one material, from light to dark."""

LIGHT = (-0.45, -0.65, 0.61)
"""Direction of the light, of length 1: from the upper left, in front."""

# numpy's own differs in the last bit from processor to processor.
_ATAN2 = np.vectorize(math.atan2, otypes=[float])


def grid(text: str) -> Pixels:
    """Converts text, one hex digit or `.` (0) for each pixel, to uint8 [rows, columns]. ValueError for ragged rows."""
    rows = [line.strip() for line in text.strip().splitlines()]
    if len({len(row) for row in rows}) != 1:
        raise ValueError(f"rows of a text picture: lengths {sorted({len(row) for row in rows})}, allowed: one length")
    return np.array([[0 if c == "." else int(c, 16) for c in row] for row in rows], dtype=np.uint8)


class Canvas:
    """A picture to draw on. Coordinates are px, fractions too; pixel (x, y) covers x to x + 1. 0 is transparent."""

    def __init__(self, width: int, height: int, fill: int = 0) -> None:
        self.pixels: Pixels = np.full((height, width), fill, dtype=np.uint8)
        self._y, self._x = np.mgrid[0:height, 0:width] + 0.5

    def paint(self, mask: Mask, colour: int | Pixels) -> None:
        """Gives the pixels under `mask` one colour, or those of a picture of this size."""
        self.pixels = np.where(mask, np.uint8(colour), self.pixels).astype(np.uint8)

    def rect(self, x: float, y: float, width: float, height: float, colour: int) -> None:
        self.paint((self._x > x) & (self._x < x + width) & (self._y > y) & (self._y < y + height), colour)

    def polygon(self, points: Sequence[tuple[float, float]], colour: int) -> None:
        """Fills a polygon by the even-odd rule."""
        inside = np.zeros(self.pixels.shape, dtype=bool)
        for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True):
            if y0 != y1:
                crosses = (self._y > min(y0, y1)) & (self._y <= max(y0, y1))
                inside ^= crosses & (self._x < x0 + (self._y - y0) * (x1 - x0) / (y1 - y0))
        self.paint(inside, colour)

    def ellipse(self, x: float, y: float, rx: float, ry: float, ramp: Ramp) -> None:
        """An ellipsoid around (x, y), shaded where the ramp has more than one colour."""
        u, v = (self._x - x) / rx, (self._y - y) / ry
        self._shade(u, v, u * u + v * v <= 1, ramp)

    def ring(self, x: float, y: float, rx: float, ry: float, thickness: float, ramp: Ramp) -> None:
        """An elliptic ring; `thickness` in px, inwards. The upper left is light."""
        outer = ((self._x - x) / rx) ** 2 + ((self._y - y) / ry) ** 2 <= 1
        if rx > thickness and ry > thickness:
            inner = ((self._x - x) / (rx - thickness)) ** 2 + ((self._y - y) / (ry - thickness)) ** 2 < 1
        else:
            inner = np.zeros_like(outer)
        self._shade((self._x - x) / rx * 0.9, (self._y - y) / ry * 0.9, outer & ~inner, ramp)

    def capsule(self, x0: float, y0: float, x1: float, y1: float, radius: float, ramp: Ramp) -> None:
        """A rod with round ends from (x0, y0) to (x1, y1)."""
        dx, dy = x1 - x0, y1 - y0
        length = dx * dx + dy * dy
        along = (
            np.clip(((self._x - x0) * dx + (self._y - y0) * dy) / length, 0, 1) if length else np.zeros_like(self._x)
        )
        u, v = (self._x - x0 - along * dx) / radius, (self._y - y0 - along * dy) / radius
        self._shade(u, v, u * u + v * v <= 1, ramp)

    def line(self, x0: float, y0: float, x1: float, y1: float, colour: int) -> None:
        """A line one pixel wide, from pixel to pixel."""
        steps = max(1, math.ceil(max(abs(x1 - x0), abs(y1 - y0))))
        for step in range(steps + 1):
            x, y = x0 + (x1 - x0) * step / steps, y0 + (y1 - y0) * step / steps
            if 0 <= y < self.pixels.shape[0] and 0 <= x < self.pixels.shape[1]:
                self.pixels[int(y), int(x)] = colour

    def gear(
        self, x: float, y: float, radius: float, teeth: int, turn: float, colours: Ramp, hole: float = 0.3
    ) -> None:
        """A gear: rim, disc and spokes in `colours` [rim, disc, hub]; `turn` in teeth."""
        angle = _ATAN2(self._y - y, self._x - x) * teeth / (2 * math.pi) + turn
        distance = np.sqrt((self._x - x) ** 2 + (self._y - y) ** 2)
        tooth = (angle - np.floor(angle)) < 0.5
        self.paint((distance <= radius) & tooth | (distance <= radius * 0.86), colours[0])
        self.paint(distance <= radius * 0.7, colours[1])
        spokes = np.abs((angle * 5 / teeth) - np.floor(angle * 5 / teeth) - 0.5) < 0.12
        self.paint((distance <= radius * 0.7) & spokes, colours[0])
        self.paint(distance <= radius * hole, colours[2])

    def paste(self, x: int, y: int, picture: Pixels) -> None:
        """Draws a picture with its top left at (x, y); its 0 is transparent; what lies outside is cut off."""
        height, width = self.pixels.shape
        for row in range(max(0, -y), min(picture.shape[0], height - y)):
            for column in range(max(0, -x), min(picture.shape[1], width - x)):
                if picture[row, column]:
                    self.pixels[y + row, x + column] = picture[row, column]

    def outline(self, colour: int) -> None:
        """Puts a line of one pixel around all that was drawn."""
        solid = np.pad(self.pixels != 0, 1)
        near = solid[:-2, 1:-1] | solid[2:, 1:-1] | solid[1:-1, :-2] | solid[1:-1, 2:]
        self.paint(near & (self.pixels == 0), colour)

    def _shade(self, u: npt.NDArray[np.float64], v: npt.NDArray[np.float64], mask: Mask, ramp: Ramp) -> None:
        depth = np.sqrt(np.clip(1 - u * u - v * v, 0, 1))
        light = np.clip((u * LIGHT[0] + v * LIGHT[1] + depth * LIGHT[2] + 0.75) / 1.75, 0, 0.999)
        index = len(ramp) - 1 - (light * len(ramp)).astype(int)
        self.paint(mask, np.array(ramp, dtype=np.uint8)[index])
