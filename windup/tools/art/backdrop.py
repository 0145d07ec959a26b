"""Common parts of the zones' backgrounds: their data, and skies that take few tiles."""

from dataclasses import dataclass

import numpy as np

from windup.tools.art.canvas import Canvas, Pixels

HEIGHT = 256


@dataclass(frozen=True)
class Background:
    """A picture 256 px high and 256 or 512 px wide that repeats along x, in colours of its own palette."""

    palette: str
    pixels: Pixels
    speeds: list[int]
    """Speed of each of its 32 rows of 8 px, in 1/16 of the camera's speed."""


def bands(*parts: tuple[int, int]) -> list[int]:
    """Returns the speeds of 32 rows from (rows, speed) pairs, from the top."""
    out = [speed for rows, speed in parts for _ in range(rows)]
    if len(out) != HEIGHT // 8:
        raise ValueError(f"rows of a background: {len(out)}, allowed: {HEIGHT // 8}")
    return out


def sky(canvas: Canvas, top: int, bottom: int, colours: list[int]) -> None:
    """Draws bands of colour from `top` to `bottom`, each of which meets the next in a checkerboard of 8 rows."""
    rows, columns = np.mgrid[0 : canvas.pixels.shape[0], 0 : canvas.pixels.shape[1]]
    each = (bottom - top) / len(colours)
    for n, colour in enumerate(colours):
        first = top + int(each * n) // 8 * 8
        canvas.paint((rows >= first) & (rows < bottom), colour)
        if n:
            mixed = (rows >= first) & (rows < first + 8) & ((rows + columns) % 2 == 0)
            canvas.paint(mixed, colours[n - 1])


def cloud(canvas: Canvas, x: float, y: float, size: float, light: int, shade: int) -> None:
    """Draws a flat-bottomed cloud, `size` px wide."""
    puffs = ((-0.3, -0.06, 0.2), (0, -0.16, 0.26), (0.3, -0.05, 0.2), (0.12, -0.04, 0.24))
    flat = Canvas(canvas.pixels.shape[1], canvas.pixels.shape[0])
    for dx, dy, r in puffs:
        flat.ellipse(x + dx * size, y + dy * size + 2, r * size, r * size * 0.8, (shade,))
    for dx, dy, r in puffs:
        flat.ellipse(x + dx * size, y + dy * size, r * size, r * size * 0.7, (light,))
    flat.pixels[int(y) + 3 :] = 0
    canvas.paste(0, 0, flat.pixels)
