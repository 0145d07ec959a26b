"""TrainYard: rails on tin, signals and sheds before an evening sky."""

import numpy as np

from windup.tools.art.backdrop import HEIGHT, Background, bands, sky
from windup.tools.art.canvas import Canvas, Pixels, grid
from windup.tools.art.terrain import Terrain


def _panel(kind: int) -> Pixels:
    canvas = Canvas(16, 16, 3)
    canvas.rect(0, 0, 16, 1, 5)
    canvas.rect(0, 0, 1, 16, 4)
    canvas.rect(15, 0, 1, 16, 2)
    canvas.rect(0, 15, 16, 1, 1)
    if kind == 1:
        for y in (4, 7, 10):
            canvas.rect(3, y, 10, 1, 1)
            canvas.rect(3, y + 1, 10, 1, 5)
    elif kind == 2:
        canvas.ring(8, 8, 5, 5, 1.6, (5, 4, 2))
        canvas.ellipse(8, 8, 2, 2, (4, 2))
    elif kind == 3:
        canvas.rect(0, 6, 16, 4, 2)
        for x in range(0, 16, 8):
            canvas.polygon([(x, 10), (x + 4, 6), (x + 8, 6), (x + 4, 10)], 11)
    for x in (2, 12):
        for y in (2, 12):
            canvas.rect(x, y, 2, 2, 5)
            canvas.rect(x + 1, y + 1, 1, 1, 1)
    return canvas.pixels


def _decor() -> list[Pixels]:
    signal = Canvas(16, 16)
    signal.rect(7, 6, 2, 10, 15)
    signal.rect(4, 0, 8, 9, 2)
    signal.ellipse(8, 2.6, 1.8, 1.8, (10,))
    signal.ellipse(8, 6.4, 1.8, 1.8, (12,))
    signal.outline(1)
    crate = Canvas(16, 16, 0)
    crate.rect(2, 5, 12, 11, 7)
    crate.rect(2, 5, 12, 1, 13)
    crate.rect(2, 14, 12, 1, 6)
    crate.line(3, 6, 12, 14, 6)
    crate.line(12, 6, 3, 14, 6)
    crate.outline(1)
    lamp = Canvas(16, 16)
    lamp.rect(7, 4, 2, 12, 15)
    lamp.ellipse(8, 4, 3, 3, (11,))
    lamp.rect(4, 1, 8, 1, 2)
    lamp.outline(1)
    coal = Canvas(16, 16)
    for x, y, r in ((4, 14, 3), (11, 14, 3.4), (8, 11.5, 3)):
        coal.ellipse(x, y, r, r * 0.8, (3, 2, 1))
    coal.outline(1)
    return [signal.pixels, crate.pixels, lamp.pixels, coal.pixels]


TERRAIN = Terrain(
    palette="102 123 234 345 456 310 531 445 777 711 770 262 642 421 556",
    bodies=[_panel(0), _panel(1), _panel(2), _panel(3)],
    deep={5: 3, 4: 3, 3: 2, 2: 1},
    top=grid("""
        9999999999999999
        8888888888888888
        1881111118811111
        d77d1111d77d1111
        7777ee1e7777e1ee
        66661ee16666ee1e
        e1ee11e1e1ee1e11
        11e1e1111e111e1e
    """),
    light=5,
    shade=2,
    shelf=grid(
        "\n".join(
            [
                "9999999999999999",
                "ffffffffffffffff",
                "8888888888888888",
                "1111111111111111",
                ".f1..f1..f1..f1.",
                "..f11f....f11f..",
                "...ff......ff...",
                "...11......11...",
                *["." * 16] * 8,
            ]
        )
    ),
    decor=_decor(),
)


def background() -> Background:
    canvas = Canvas(256, HEIGHT)
    sky(canvas, 0, 136, [1, 2, 3, 4, 5])
    canvas.ellipse(190, 92, 26, 26, (6,))
    for y, x, width in ((64, 20, 80), (72, 150, 90), (88, 60, 70), (100, 170, 60)):
        canvas.rect(x, y, width, 3, 6 if y < 90 else 5)
        canvas.rect(x + 10, y + 3, width - 30, 2, 6 if y < 90 else 5)
    for x, height, width in ((30, 30, 60), (110, 44, 70), (200, 26, 60), (256, 36, 60), (0, 36, 60)):
        canvas.ellipse(x, 132, width, height, (7,))
    canvas.rect(0, 128, 256, HEIGHT - 128, 7)
    _yard(canvas)
    return Background(
        palette="324 425 535 645 754 765 434 323 222 765 534 212 445 556 112",
        pixels=canvas.pixels,
        speeds=bands((16, 2), (9, 5), (7, 7)),
    )


def _yard(canvas: Canvas) -> None:
    """Sheds, a water tower, masts with wires, and the rails of the far tracks."""
    for x, width in ((8, 56), (64, 56)):
        canvas.rect(x, 160, width, 40, 8)
        canvas.polygon([(x - 4, 160), (x + width / 2, 140), (x + width + 4, 160)], 9)
        for window in range(x + 8, x + width - 8, 16):
            canvas.rect(window, 168, 8, 10, 10)
            canvas.rect(window + 3, 168, 1, 10, 8)
    canvas.rect(30, 182, 12, 18, 9)
    canvas.rect(150, 140, 36, 24, 8)
    canvas.polygon([(148, 140), (168, 129), (188, 140)], 9)
    for x in (150, 158, 166, 174, 182):
        canvas.rect(x, 140, 1, 24, 9)
    for x in (154, 180):
        canvas.rect(x, 164, 3, 36, 9)
    canvas.line(156, 166, 180, 198, 9)
    canvas.line(180, 166, 156, 198, 9)
    for x in (132, 212):
        canvas.rect(x, 132, 3, 68, 9)
        canvas.rect(x - 8, 138, 19, 2, 9)
    canvas.rect(216, 144, 14, 4, 8)
    canvas.ellipse(219, 152, 3, 3, (10,))
    rows, _ = np.mgrid[0:HEIGHT, 0:256]
    for n, y in enumerate((200, 208, 224, 240)):
        canvas.paint(rows >= y, (8, 9, 8, 9)[n])
        canvas.rect(0, y, 256, 2, 14 if n else 13)
        canvas.rect(0, y + 2, 256, 1, 15)
        for x in range(0, 256, 16):
            canvas.rect(x + 2, y + 3, 6, 3, 12)
