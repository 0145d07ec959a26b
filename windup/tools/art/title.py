"""The title: the name in brass, the hero, and the rays of a tin lid."""

import math
from dataclasses import replace

import numpy as np

from windup.tools.art import font, hero
from windup.tools.art.canvas import Canvas, Pixels

WIDTH, HEIGHT = 320, 224
PICTURE_LINE, FIGURE_LINE = 2, 0
PALETTE = "310 510 620 730 742 774 777 430 751 012 134 245 367 530 211"


def picture() -> Pixels:
    """The still part of the title in the colours of PALETTE; the hero is on top of it, in the player's."""
    quarter = Canvas(WIDTH // 2, HEIGHT // 2)
    rows, columns = np.mgrid[0 : HEIGHT // 2, 0 : WIDTH // 2] + 0.5
    way = np.vectorize(math.atan2, otypes=[float])(rows, columns) / (math.pi / 2) * 6 + 0.01
    quarter.paint(np.ones_like(rows, dtype=bool), 2)
    quarter.paint(way - np.floor(way) < 0.5, 3)
    lower = np.concatenate([quarter.pixels[:, ::-1], quarter.pixels], axis=1)
    canvas = Canvas(WIDTH, HEIGHT)
    canvas.pixels = np.concatenate([lower[::-1], lower])
    canvas.ellipse(160, 122, 66, 66, (8,))
    canvas.ellipse(160, 122, 62, 62, (4,))
    canvas.ellipse(160, 122, 54, 54, (5,))
    name = Canvas(WIDTH, HEIGHT)
    font.write(name, 34, 20, "WINDUP", 9, 7)
    for dx, dy in ((-2, 0), (2, 0), (0, -2), (0, 2), (-2, -2), (2, 2), (-2, 2), (2, -2), (3, 5), (0, 5), (-2, 5)):
        edge = np.where(name.pixels, 15, 0).astype(np.uint8)
        canvas.paste(dx, dy, edge)
    shine = name.pixels.copy()
    for y in range(20, 69):
        shine[y] = np.where(shine[y], (7, 6, 6, 9, 9, 9, 8)[(y - 20) // 7], 0)
    canvas.paste(0, 0, shine)
    return canvas.pixels


def figure() -> Pixels:
    """The hero three times its size, where it stands on the title, in the player's colours."""
    canvas = Canvas(WIDTH, HEIGHT)
    hero.draw(canvas, replace(hero.WIN, eyes="open"), 162, 132, 2.6)
    canvas.outline(hero.OUTLINE)
    return canvas.pixels
