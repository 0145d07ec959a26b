"""Garden: thick grass on soil; behind it a fence, daisies as tall as houses, and a summer sky."""

import math

from windup.tools.art.backdrop import HEIGHT, Background, bands, cloud, sky
from windup.tools.art.canvas import Canvas, Pixels, grid
from windup.tools.art.terrain import Terrain


def _soil(kind: int) -> Pixels:
    canvas = Canvas(16, 16, 3)
    for x, y in ((2, 3), (9, 1), (13, 6), (5, 9), (11, 12), (1, 13)):
        canvas.rect(x, y, 2, 1, 2)
        canvas.rect(x + 1, y + 1, 2, 1, 4)
    if kind == 1:
        canvas.ellipse(8, 8, 4.5, 3.2, (1,))
        canvas.ellipse(8, 7.7, 3.8, 2.6, (15, 15, 14))
    elif kind == 2:
        for x, y in ((4, 5), (11, 9)):
            canvas.ellipse(x, y, 1.8, 1.3, (5,))
            canvas.rect(x - 1, y + 1, 3, 1, 2)
    elif kind == 3:
        canvas.line(0, 7, 6, 9, 2)
        canvas.line(6, 9, 10, 6, 2)
        canvas.line(10, 6, 15, 8, 2)
        canvas.line(6, 9, 8, 14, 2)
    return canvas.pixels


def flower(canvas: Canvas, x: float, y: float, radius: float, petal: tuple[int, int], heart: tuple[int, int]) -> None:
    """A daisy seen from the front, with eight petals."""
    for colour, turn, size in ((petal[1], 0.39, 1.0), (petal[0], 0.0, 0.96)):
        for n in range(8):
            way = n * math.pi / 4 + turn
            canvas.ellipse(
                x + math.cos(way) * radius * 0.62,
                y + math.sin(way) * radius * 0.62,
                radius * 0.34 * size,
                radius * 0.34 * size,
                (colour,),
            )
    canvas.ellipse(x, y, radius * 0.36, radius * 0.36, heart)


def _decor() -> list[Pixels]:
    daisy = Canvas(16, 16)
    daisy.rect(7, 8, 2, 8, 7)
    daisy.ellipse(5, 13, 2.4, 1.2, (8,))
    flower(daisy, 8, 6, 6, (10, 15), (11, 11))
    daisy.outline(1)
    tulip = Canvas(16, 16)
    tulip.rect(7, 8, 2, 8, 7)
    tulip.ellipse(11, 13, 2.4, 1.2, (8,))
    tulip.ellipse(8, 6, 4, 4.5, (13,))
    tulip.polygon([(4, 1), (6.5, 5), (8, 1), (9.5, 5), (12, 1), (12, 6), (4, 6)], 13)
    tulip.outline(1)
    tuft = grid(
        "\n".join(
            [
                *["." * 16] * 6,
                ".....9.....9....",
                "..9..98....89...",
                "..89.98.9.89.9..",
                "..88.88.8.88.8..",
                "..88.88.88878878",
                ".8788878888788..",
                ".78878878878877.",
                ".77877877877877.",
                ".77777777777777.",
                ".67767767767767.",
            ]
        )
    )
    mushroom = Canvas(16, 16)
    mushroom.rect(6, 10, 4, 6, 10)
    mushroom.ellipse(8, 9, 6, 4.5, (12,))
    mushroom.rect(1, 11, 14, 3, 0)
    mushroom.rect(6, 11, 4, 5, 10)
    for spot in (5, 8.5, 11.5):
        mushroom.ellipse(spot, 8 + (spot == 8.5) * -1.5, 1.1, 1, (10,))
    mushroom.outline(1)
    return [daisy.pixels, tulip.pixels, tuft, mushroom.pixels]


TERRAIN = Terrain(
    palette="110 310 421 532 643 130 240 351 572 777 750 701 636 333 555",
    bodies=[_soil(0), _soil(1), _soil(2), _soil(3)],
    deep={4: 3, 3: 2, 2: 1},
    top=grid("""
        9999999999999999
        8998999889998899
        8888888888888888
        7887887878878878
        7777777777777777
        6776767767677676
        6716716761671616
        1.61.1.61.1.61.1
    """),
    light=5,
    shade=2,
    shelf=grid(
        "\n".join(
            [
                "9999999999999999",
                "8888888888888888",
                "7777777777777777",
                "1616161616161616",
                ".1.1.1.1.1.1.1.1",
                *["." * 16] * 11,
            ]
        )
    ),
    decor=_decor(),
)


def background() -> Background:
    canvas = Canvas(256, HEIGHT)
    sky(canvas, 0, 128, [1, 2, 3, 4])
    for x, y, size in ((40, 34, 60), (150, 22, 46), (216, 54, 64), (96, 64, 40)):
        cloud(canvas, x, y, size, 5, 4)
    for x, y, rx, ry in (
        (0, 122, 60, 40),
        (80, 126, 50, 30),
        (160, 122, 70, 48),
        (256, 122, 60, 40),
        (230, 128, 40, 24),
    ):
        canvas.ellipse(x, y, rx, ry, (7,))
        canvas.ellipse(x - 6, y - 2, rx - 14, ry - 6, (6,))
    canvas.rect(0, 112, 256, HEIGHT - 112, 7)
    for x in range(0, 256, 16):
        canvas.polygon([(x + 1, HEIGHT), (x + 1, 194), (x + 8, 184), (x + 15, 194), (x + 15, HEIGHT)], 11)
        canvas.polygon([(x + 2, HEIGHT), (x + 2, 195), (x + 8, 186), (x + 13, 195), (x + 13, HEIGHT)], 10)
    for y in (204, 232):
        canvas.rect(0, y, 256, 6, 11)
        canvas.rect(0, y, 256, 4, 10)
    for x, y, radius in ((36, 166, 20), (132, 162, 24), (212, 172, 18)):
        canvas.rect(x - 3, y, 6, HEIGHT - y, 9)
        canvas.rect(x - 3, y, 2, HEIGHT - y, 8)
        canvas.ellipse(x + 12, y + 38, 12, 5, (8,))
        canvas.ellipse(x - 11, y + 48, 11, 5, (9,))
        flower(canvas, x, y, radius, (5, 12), (13, 14))
    for x in range(0, 256, 8):
        tall = (18, 26, 14, 22, 30, 16, 24, 20)[x // 8 % 8]
        canvas.polygon([(x - 2, HEIGHT), (x + 5, HEIGHT - tall), (x + 10, HEIGHT)], 9 if x % 16 else 8)
    return Background(
        palette="357 457 567 667 777 475 464 463 352 776 665 667 763 652 555",
        pixels=canvas.pixels,
        speeds=bands((9, 2), (6, 3), (17, 5)),
    )
