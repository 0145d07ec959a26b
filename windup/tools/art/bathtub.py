"""Bathtub: wet tiles under foam; behind them the bathroom wall and the water."""

import math

import numpy as np

from windup.tools.art.backdrop import HEIGHT, Background, bands
from windup.tools.art.canvas import Canvas, Pixels, grid
from windup.tools.art.terrain import Terrain


def _tile(canvas: Canvas, x: int, y: int, ramp: tuple[int, int, int]) -> None:
    canvas.rect(x, y, 8, 8, 1)
    canvas.rect(x, y, 7, 7, ramp[1])
    canvas.rect(x, y, 7, 1, ramp[0])
    canvas.rect(x, y, 1, 7, ramp[0])
    canvas.rect(x + 6, y + 1, 1, 6, ramp[2])
    canvas.rect(x + 1, y + 6, 6, 1, ramp[2])
    canvas.rect(x + 1, y + 1, 2, 1, 9)


def _tiles(accent: tuple[int, int, int] | None, place: int) -> Pixels:
    canvas = Canvas(16, 16)
    for n in range(4):
        _tile(
            canvas, n % 2 * 8, n // 2 * 8, accent if accent and n == place else (5, 4, 3) if n in (0, 3) else (4, 3, 2)
        )
    return canvas.pixels


def _decor() -> list[Pixels]:
    duck = Canvas(16, 16)
    duck.ellipse(7, 12, 6, 4, (10, 10, 11))
    duck.polygon([(0, 7), (4, 10), (2, 13)], 10)
    duck.ellipse(10, 6, 3.8, 3.8, (10,))
    duck.polygon([(13, 6), (16, 7.5), (13, 8.5)], 12)
    duck.rect(10.5, 4.5, 1.5, 2, 1)
    duck.outline(1)
    soap = Canvas(16, 16)
    soap.capsule(5, 12.5, 11, 12.5, 3, (15, 13))
    soap.rect(5, 11, 6, 1, 9)
    soap.outline(1)
    bubbles = Canvas(16, 16)
    for x, y, r in ((4, 13, 2.8), (10, 12, 3.6), (7, 7, 2.4), (13, 6, 1.8)):
        bubbles.ring(x, y, r, r, 0.9, (9, 8, 7))
        bubbles.rect(x - 1, y - 1, 1, 1, 9)
    brush = Canvas(16, 16)
    brush.rect(2, 7, 12, 3, 12)
    brush.rect(2, 7, 12, 1, 13)
    for x in range(2, 14, 2):
        brush.rect(x, 10, 1, 6, 8)
        brush.rect(x + 1, 10, 1, 5, 7)
    brush.outline(1)
    return [duck.pixels, soap.pixels, bubbles.pixels, brush.pixels]


TERRAIN = Terrain(
    palette="013 024 135 246 367 356 466 677 777 760 641 720 756 516 735",
    bodies=[_tiles(None, 0), _tiles((15, 13, 14), 1), _tiles(None, 0), _tiles((9, 8, 6), 2)],
    deep={9: 3, 5: 3, 4: 2, 3: 2, 2: 1},
    top=grid("""
        ..9999....9999..
        9999999999999999
        9898999998989999
        8999899989998999
        8888888888888888
        7887788778877887
        6776677667766776
        1661166116611661
    """),
    light=5,
    shade=2,
    shelf=grid(
        "\n".join(
            [
                "9999999999999999",
                "ffffffffffffffff",
                "ffffffffffffffff",
                "eeeeeeeeeeeeeeee",
                "1111111111111111",
                "..1e1......1e1..",
                "...1........1...",
                *["." * 16] * 9,
            ]
        )
    ),
    decor=_decor(),
)


def background() -> Background:
    canvas = Canvas(256, HEIGHT, 1)
    for y in range(0, 176, 16):
        canvas.rect(0, y + 15, 256, 1, 2)
        for x in range(0, 256, 16):
            canvas.rect(x + 15, y, 1, 16, 2)
    for x in range(0, 256, 16):
        canvas.rect(x, 48, 15, 15, 3 if x % 32 else 4)
        canvas.polygon([(x + 7.5, 50), (x + 13, 55.5), (x + 7.5, 61), (x + 2, 55.5)], 1 if x % 32 else 3)
    _pipes(canvas)
    _duck(canvas, 60, 158)
    rows, columns = np.mgrid[0:HEIGHT, 0:256]
    for n, y in enumerate((168, 184, 200, 216, 232)):
        wave = y + np.round(3 + 3 * np.vectorize(math.sin)(columns * 2 * math.pi / 32 + n * 1.6)).astype(int)
        canvas.paint(rows >= wave, 8 + n if n < 4 else 12)
        canvas.paint((rows >= wave) & (rows < wave + 2), 5 if n < 2 else 6)
    for x, y, r in ((24, 196, 4), (100, 220, 5), (150, 204, 3), (200, 236, 5), (232, 212, 3), (70, 244, 4)):
        canvas.ring(x, y, r, r, 1, (5,))
    return Background(
        palette="566 455 356 465 777 457 556 466 457 356 346 245 762 651 744",
        pixels=canvas.pixels,
        speeds=bands((21, 3), (2, 4), (2, 5), (2, 6), (2, 7), (3, 8)),
    )


def _pipes(canvas: Canvas) -> None:
    """A tap, its pipe and a towel on its rail."""
    canvas.rect(180, 0, 10, 110, 7)
    canvas.rect(182, 0, 3, 110, 5)
    canvas.rect(176, 72, 18, 8, 7)
    canvas.rect(176, 72, 18, 2, 5)
    canvas.capsule(185, 108, 156, 108, 6, (5, 6, 7))
    canvas.capsule(154, 108, 154, 122, 5, (5, 6, 7))
    canvas.ellipse(185, 92, 9, 9, (5, 6, 7))
    canvas.rect(154, 130, 1, 40, 5)
    canvas.rect(28, 84, 64, 4, 7)
    canvas.rect(28, 84, 64, 1, 5)
    canvas.rect(36, 86, 44, 52, 15)
    canvas.rect(36, 86, 44, 2, 7)
    for y in (120, 128):
        canvas.rect(36, y, 44, 4, 5)


def _duck(canvas: Canvas, x: int, y: int) -> None:
    canvas.ellipse(x, y + 8, 28, 18, (13, 13, 14))
    canvas.ellipse(x + 18, y - 18, 15, 15, (13, 13, 14))
    canvas.polygon([(x + 30, y - 20), (x + 44, y - 14), (x + 30, y - 10)], 15)
    canvas.ellipse(x + 22, y - 21, 2.5, 3.5, (12,))
    canvas.polygon([(x - 30, y - 8), (x - 14, y), (x - 24, y + 8)], 13)
