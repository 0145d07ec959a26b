"""Attic: old planks in the moonlight, among boxes and cobwebs."""

import math

from windup.tools.art.backdrop import HEIGHT, Background, bands
from windup.tools.art.canvas import Canvas, Pixels, grid
from windup.tools.art.terrain import Terrain


def _planks(kind: int) -> Pixels:
    canvas = Canvas(16, 16, 3)
    for y in (0, 8):
        canvas.rect(0, y, 16, 1, 4)
        canvas.rect(0, y + 7, 16, 1, 1)
        canvas.rect(3 if y else 8, y + 3, 6, 1, 2)
        canvas.rect(9 if y else 1, y + 5, 4, 1, 2)
    if kind == 1:
        canvas.ellipse(8, 4, 3, 2, (2,))
        canvas.ellipse(8, 4, 1.6, 1, (1,))
    elif kind == 2:
        canvas.rect(7, 0, 1, 8, 1)
        canvas.rect(8, 0, 1, 7, 4)
        for x in (5, 10):
            canvas.rect(x, 3, 1, 1, 5)
    elif kind == 3:
        canvas.rect(3, 8, 1, 8, 1)
        canvas.rect(4, 9, 1, 6, 4)
        canvas.rect(11, 10, 3, 1, 1)
    return canvas.pixels


def _decor() -> list[Pixels]:
    box = Canvas(16, 16)
    box.rect(2, 6, 12, 10, 12)
    box.rect(2, 6, 12, 2, 13)
    box.rect(7, 6, 2, 10, 10)
    box.rect(12, 8, 2, 8, 11)
    box.outline(1)
    candle = Canvas(16, 16)
    candle.rect(6, 8, 4, 7, 9)
    candle.rect(9, 8, 1, 7, 8)
    candle.ellipse(8, 4.5, 1.6, 3, (14,))
    candle.rect(4, 14, 8, 2, 12)
    candle.outline(1)
    books = Canvas(16, 16)
    for y, colour, width in ((13, 10, 12), (10, 6, 10), (7, 15, 11)):
        books.rect(2, y, width, 3, colour)
        books.rect(2, y, width, 1, 13)
    books.outline(1)
    web = Canvas(16, 16)
    for x in (0, 4, 9, 15):
        web.line(0, 15, x, 3 + x * 0.7, 7)
    for r in (5, 9):
        web.line(0, 15 - r, r * 0.7, 15 - r * 0.6, 7)
        web.line(r * 0.7, 15 - r * 0.6, r, 14, 7)
    return [box.pixels, candle.pixels, books.pixels, web.pixels]


TERRAIN = Terrain(
    palette="001 201 312 423 534 113 235 457 677 511 320 431 643 773 245",
    bodies=[_planks(0), _planks(1), _planks(2), _planks(3)],
    deep={4: 3, 3: 2, 2: 1},
    top=grid("""
        9999999999999999
        8888888888888888
        7877787778777877
        7777777777777777
        6666666666666666
        1111111111111111
    """),
    light=7,
    shade=2,
    shelf=grid(
        "\n".join(
            [
                "9999999999999999",
                "dddddddddddddddd",
                "ccccccccccbccccc",
                "bbbbbbbbbbbbbbbb",
                "1111111111111111",
                "1d1..........1d1",
                "1c1..........1c1",
                ".1............1.",
                *["." * 16] * 8,
            ]
        )
    ),
    decor=_decor(),
)


def background() -> Background:
    canvas = Canvas(256, HEIGHT, 1)
    for x in range(0, 256, 32):
        canvas.rect(x, 0, 1, 200, 13)
    canvas.ellipse(84, 76, 46, 46, (3,))
    canvas.ellipse(84, 76, 40, 40, (6,))
    canvas.ellipse(84, 76, 38, 38, (5,))
    for x, y in ((60, 60), (70, 96), (104, 94), (112, 66), (64, 78)):
        canvas.rect(x, y, 2, 2, 10)
    canvas.ellipse(92, 68, 17, 17, (10,))
    for x, y, r in ((86, 62, 4), (98, 72, 5), (90, 77, 2.5)):
        canvas.ellipse(x, y, r, r, (9,))
    canvas.rect(82, 36, 4, 80, 3)
    canvas.rect(44, 74, 80, 4, 3)
    for step in range(2):
        x = 68 + step * 30
        beam = Canvas(256, HEIGHT)
        beam.polygon([(x, 118 - step * 6), (x + 20, 118 - step * 6), (x + 90, 200), (x + 46, 200)], 1)
        canvas.paint((beam.pixels > 0) & (canvas.pixels == 1), 2)
    for x in (0, 256):
        canvas.polygon([(x - 20, 0), (x + 4, 0), (x - 90, 216), (x - 116, 216)], 4)
        canvas.polygon([(x + 20, 0), (x - 4, 0), (x + 90, 216), (x + 116, 216)], 4)
    canvas.rect(0, 8, 256, 12, 3)
    canvas.rect(0, 8, 256, 2, 7)
    _web(canvas, 150, 20)
    _boxes(canvas)
    return Background(
        palette="012 123 112 101 024 135 224 235 556 776 212 323 011 112 445",
        pixels=canvas.pixels,
        speeds=bands((25, 3), (7, 5)),
    )


def _web(canvas: Canvas, x: int, y: int) -> None:
    """A cobweb that hangs from a beam."""
    for n in range(6):
        way = math.pi * n / 5
        canvas.line(x, y, x + 40 * math.cos(way), y + 34 * math.sin(way), 7)
        if n:
            for r in (12, 22, 32):
                before = math.pi * (n - 1) / 5
                canvas.line(
                    x + r * math.cos(before),
                    y + r * 0.85 * math.sin(before),
                    x + r * math.cos(way),
                    y + r * 0.85 * math.sin(way),
                    7,
                )


def _boxes(canvas: Canvas) -> None:
    """Things that nobody has needed for years, and the floor."""
    for x, y, width, height in ((6, 168, 44, 32), (14, 144, 30, 24), (120, 160, 52, 40), (200, 172, 40, 28)):
        canvas.rect(x, y, width, height, 11)
        canvas.rect(x, y, width, 3, 12)
        canvas.rect(x + width // 2 - 3, y, 6, height, 3)
        canvas.rect(x + width - 3, y, 3, height, 14)
    canvas.ellipse(146, 156, 14, 10, (11,))
    canvas.ellipse(146, 146, 9, 9, (12,))
    canvas.rect(60, 176, 30, 24, 14)
    canvas.ellipse(75, 176, 15, 8, (11,))
    canvas.rect(60, 184, 30, 2, 12)
    for n, y in enumerate((200, 208, 224, 240)):
        canvas.rect(0, y, 256, HEIGHT - y, (3, 14, 3, 14)[n])
        canvas.rect(0, y, 256, 1, 7)
