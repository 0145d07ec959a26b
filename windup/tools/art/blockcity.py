"""BlockCity: towers of lettered wooden cubes under a morning sky."""

from windup.tools.art.backdrop import HEIGHT, Background, bands, cloud, sky
from windup.tools.art.canvas import Canvas, Pixels, grid
from windup.tools.art.terrain import Terrain, letter_block

WOOD = (5, 4, 3, 2)


def _decor() -> list[Pixels]:
    pyramid = Canvas(16, 16)
    pyramid.polygon([(3, 16), (8, 6), (13, 16)], 10)
    pyramid.polygon([(8, 16), (8, 6), (13, 16)], 1)
    pyramid.polygon([(8, 16), (8, 7), (12, 16)], 6)
    pyramid.outline(1)
    arch = Canvas(16, 16)
    arch.rect(1, 7, 14, 9, 11)
    arch.rect(1, 7, 14, 2, 15)
    arch.ellipse(8, 16, 4, 5, (1,))
    arch.outline(1)
    cylinder = Canvas(16, 16)
    cylinder.rect(4, 4, 8, 12, 13)
    cylinder.rect(5, 4, 2, 12, 15)
    cylinder.rect(10, 4, 2, 12, 12)
    cylinder.outline(1)
    flag = Canvas(16, 16)
    flag.rect(3, 1, 2, 15, 4)
    flag.polygon([(5, 2), (13, 5), (5, 8)], 10)
    flag.outline(1)
    return [pyramid.pixels, arch.pixels, cylinder.pixels, flag.pixels]


TERRAIN = Terrain(
    palette="210 531 642 753 765 024 135 257 577 611 141 035 740 425 777",
    bodies=[letter_block(letter, WOOD, ink) for letter, ink in ((" ", 3), ("W", 10), ("A", 12), ("S", 11))],
    deep={5: 3, 4: 2, 3: 2, 2: 1},
    top=grid("""
        9999999999999999
        8888888888888888
        8888888888888888
        7777777777777777
        6666666666666666
        1111111111111111
    """),
    light=5,
    shade=2,
    shelf=grid(
        "\n".join(
            [
                "ffffffffffffffff",
                "dddddddddddddddd",
                "dddddddddddddddd",
                "2222222222222222",
                "1111111111111111",
                "1441........1441",
                "1431........1431",
                "1331........1331",
                ".11..........11.",
                *["." * 16] * 7,
            ]
        )
    ),
    decor=_decor(),
)


def background() -> Background:
    canvas = Canvas(256, HEIGHT)
    sky(canvas, 0, HEIGHT, [1, 2, 3, 4])
    for x, y, size in ((50, 38, 60), (170, 24, 44), (224, 40, 54)):
        cloud(canvas, x, y, size, 5, 4)
    for n, height in enumerate((48, 24, 56, 40, 16, 52, 32, 44)):
        _tower(canvas, n * 32, 128 - height, 32, 128, (6, 7), n)
    canvas.rect(0, 112, 256, HEIGHT - 112, 6)
    for n, height in enumerate((40, 16, 32, 0, 44, 24, 8, 32)):
        _tower(canvas, n * 32, 200 - height, 32, HEIGHT, (8, 9), n + 3)
    return Background(
        palette="367 467 567 667 777 556 446 445 335 764 655 657 546 224 767",
        pixels=canvas.pixels,
        speeds=bands((6, 2), (9, 4), (17, 6)),
    )


def _tower(canvas: Canvas, x: int, top: int, width: int, bottom: int, colours: tuple[int, int], kind: int) -> None:
    """Cubes of 16 px on each other, with a roof; `colours` are face and edge."""
    if kind % 3 == 2:
        canvas.ellipse(x + width / 2, top, width / 2, 12, (colours[1],))
    canvas.rect(x, top, width, bottom - top, colours[0])
    for y in range(top, bottom, 16):
        canvas.rect(x, y, width, 1, colours[1])
        for side in (0, 16):
            canvas.rect(x + side, y, 1, 16, colours[1])
            if (x // 16 + side // 16 + y // 16 + kind) % 3 == 0:
                canvas.rect(x + side + 5, y + 5, 7, 7, 10 if colours[0] == 8 else 12)
                canvas.rect(x + side + 5, y + 5, 7, 1, colours[1])
    if kind % 3 == 0:
        canvas.polygon([(x, top), (x + width / 2, top - 20), (x + width, top)], 13 if colours[0] == 6 else 9)
    elif kind % 3 == 1:
        for step in range(0, width, 8):
            canvas.rect(x + step, top - 4, 4, 4, colours[0])
