"""Drawing on a picture: text, pictures, bars and curves."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]
"""Left, top, width, height, in pixels."""

GROUND: Colour = (17, 18, 23)
PANEL: Colour = (30, 33, 40)
TEXT: Colour = (220, 222, 230)
DIM: Colour = (140, 145, 160)
BLUE: Colour = (87, 148, 242)
GREEN: Colour = (115, 191, 105)
ORANGE: Colour = (255, 152, 48)
RED: Colour = (242, 73, 92)


class Canvas:
    """A dark picture to draw on."""

    def __init__(self, width: int, height: int) -> None:
        self._image = Image.new("RGB", (width, height), GROUND)
        self._draw = ImageDraw.Draw(self._image)

    def pixels(self) -> np.ndarray:
        """Returns the picture, uint8 [height, width, 3]."""
        return np.asarray(self._image)

    def text(self, x: int, y: int, text: str, size: int = 14, colour: Colour = TEXT, right: bool = False) -> None:
        """Writes a text with its top left corner at a point, or its top right one."""
        self._draw.text((x, y), text, fill=colour, font=_font(size), anchor="ra" if right else "la")

    def picture(self, pixels: np.ndarray, box: Box) -> None:
        """Draws pixels, uint8 [H, W, 3], as large as they fit, in the middle of the box, with sharp edges."""
        left, top, width, height = box
        self._draw.rectangle((left, top, left + width - 1, top + height - 1), PANEL)
        scale = min(width / pixels.shape[1], height / pixels.shape[0])
        size = round(pixels.shape[1] * scale), round(pixels.shape[0] * scale)
        scaled = Image.fromarray(pixels).resize(size, Image.Resampling.NEAREST)
        self._image.paste(scaled, (left + (width - size[0]) // 2, top + (height - size[1]) // 2))

    def bar(self, box: Box, share: float, colour: Colour) -> None:
        """Fills a share of the box, 0 to 1, from the left."""
        left, top, width, height = box
        self._draw.rectangle((left, top, left + width, top + height), PANEL)
        if share > 0:
            self._draw.rectangle((left, top, left + round(min(share, 1.0) * width), top + height), colour)

    def mark(self, x: int, top: int, height: int, colour: Colour) -> None:
        """Draws a vertical line."""
        self._draw.line((x, top, x, top + height), colour, 2)

    def columns(self, box: Box, values: Sequence[float], largest: float) -> None:
        """Draws a bar for each value, up or down from the middle; `largest` fills half of the height."""
        left, top, width, height = box
        self._draw.rectangle((left, top, left + width, top + height), PANEL)
        middle, pitch = top + height / 2, width / len(values)
        for i, value in enumerate(values):
            end = middle - max(-1.0, min(1.0, value / largest)) * height / 2
            sides = left + i * pitch, left + (i + 1) * pitch - (1 if pitch > 3 else 0)
            self._draw.rectangle(
                (sides[0], min(middle, end), sides[1], max(middle, end)), BLUE if value > 0 else ORANGE
            )

    def curve(self, box: Box, values: Sequence[float], room: int, colour: Colour, low: float, high: float) -> None:
        """Draws values from left to right, `room` of which fill the box; `low` is its bottom, `high` its top."""
        left, top, width, height = box
        spread = (high - low) or 1.0
        points = [
            (left + i / max(1, room - 1) * width, top + height - (value - low) / spread * height)
            for i, value in enumerate(values)
        ]
        if len(points) > 1:
            self._draw.line(points, colour, 2)

    def panel(self, box: Box) -> None:
        left, top, width, height = box
        self._draw.rectangle((left, top, left + width, top + height), PANEL)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
