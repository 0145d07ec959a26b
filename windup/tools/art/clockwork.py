"""Clockwork: brass over dark bronze, inside a machine of slow gears."""

from windup.tools.art.backdrop import HEIGHT, Background, bands
from windup.tools.art.canvas import Canvas, Pixels, grid
from windup.tools.art.terrain import Terrain


def _plate(kind: int) -> Pixels:
    canvas = Canvas(16, 16, 3)
    canvas.rect(0, 0, 16, 1, 4)
    canvas.rect(0, 0, 1, 16, 4)
    canvas.rect(15, 0, 1, 16, 2)
    canvas.rect(0, 15, 16, 1, 1)
    if kind == 1:
        canvas.ellipse(8, 8, 6, 6, (1,))
        canvas.gear(8, 8, 5.6, 8, 0.2, (7, 6, 2), 0.32)
    elif kind == 2:
        for x in (4, 10):
            canvas.rect(x, 2, 3, 12, 2)
            canvas.rect(x, 2, 1, 12, 1)
    elif kind == 3:
        canvas.rect(3, 3, 10, 10, 2)
        canvas.rect(4, 4, 9, 9, 4)
        canvas.rect(4, 4, 8, 8, 3)
    for x in (2, 12):
        for y in (2, 12):
            canvas.rect(x, y, 2, 2, 7)
            canvas.rect(x, y, 1, 1, 9)
            canvas.rect(x + 1, y + 1, 1, 1, 1)
    return canvas.pixels


def _decor() -> list[Pixels]:
    gear = Canvas(16, 16)
    gear.gear(8, 10, 6.5, 9, 0.1, (8, 7, 1))
    gear.outline(1)
    screw = Canvas(16, 16)
    screw.rect(6, 7, 4, 9, 13)
    screw.rect(6, 7, 1, 9, 14)
    for y in (10, 13):
        screw.rect(6, y, 4, 1, 1)
    screw.rect(3, 4, 10, 3, 14)
    screw.outline(1)
    gauge = Canvas(16, 16)
    gauge.rect(7, 11, 2, 5, 7)
    gauge.ellipse(8, 7, 5.5, 5.5, (8, 7, 6))
    gauge.ellipse(8, 7, 4, 4, (15,))
    gauge.line(8, 7, 10, 5, 12)
    gauge.outline(1)
    spring = Canvas(16, 16)
    for y in (5, 8, 11, 14):
        spring.capsule(5, y, 11, y + 1, 1, (14, 13))
    spring.outline(1)
    return [gear.pixels, screw.pixels, gauge.pixels, spring.pixels]


TERRAIN = Terrain(
    palette="100 210 321 432 543 420 641 752 776 134 256 611 333 556 775",
    bodies=[_plate(0), _plate(1), _plate(2), _plate(3)],
    deep={7: 3, 9: 4, 4: 3, 3: 2, 2: 1},
    top=grid("""
        9999999999999999
        8888888888888888
        7777777777777777
        6666666666666666
        1111111111111111
        1777711117777111
        1666611116666111
        .1111....1111...
    """),
    light=5,
    shade=2,
    shelf=grid(
        "\n".join(
            [
                "bbbbbbbbbbbbbbbb",
                "aaaaaaaaaaaaaaaa",
                "1111111111111111",
                "7887888778878887",
                "6116111661161116",
                "1..1...11..1...1",
                *["." * 16] * 10,
            ]
        )
    ),
    decor=_decor(),
)


def background() -> Background:
    canvas = Canvas(256, HEIGHT, 1)
    for x, y, radius, teeth, colours in (
        (60, 64, 58, 18, (3, 2, 1)),
        (150, 120, 46, 14, (4, 3, 2)),
        (216, 48, 38, 12, (3, 2, 1)),
        (30, 164, 34, 10, (5, 4, 2)),
        (216, 176, 44, 14, (5, 4, 3)),
        (110, 196, 30, 10, (4, 3, 2)),
    ):
        canvas.gear(x, y, radius, teeth, 0.27, colours, 0.18)
    canvas.rect(120, 0, 3, 60, 4)
    canvas.ellipse(121.5, 64, 10, 10, (7, 6, 5))
    for y in (224, 240):
        canvas.rect(0, y, 256, 16, 2)
        canvas.rect(0, y + 2, 256, 10, 5)
        canvas.rect(0, y + 3, 256, 2, 7)
        canvas.rect(0, y + 10, 256, 2, 3)
        for x in range(y % 32 * 2, 256, 64):
            canvas.rect(x, y, 8, 14, 6)
            canvas.rect(x, y, 2, 14, 7)
    return Background(
        palette="102 112 213 223 324 435 546 334 445 311 421 532 101 201 222",
        pixels=canvas.pixels,
        speeds=bands((28, 4), (2, 6), (2, 8)),
    )
