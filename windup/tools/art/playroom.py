"""Playroom: carpet over building bricks; behind it a sunny wall with a window and a shelf."""

from windup.tools.art.backdrop import HEIGHT, Background, bands, cloud, sky
from windup.tools.art.canvas import Canvas, Pixels, grid
from windup.tools.art.terrain import Terrain, brick, letter_block

RED, BLUE, YELLOW = (4, 3, 2), (12, 11, 10), (15, 14, 13)


def _bricks(first: tuple[int, int, int]) -> Pixels:
    canvas = Canvas(16, 16)
    brick(canvas, 0, 0, 16, 8, first)
    brick(canvas, -8, 8, 16, 8, YELLOW)
    brick(canvas, 8, 8, 16, 8, YELLOW)
    canvas.pixels[8:, 15] = canvas.pixels[8:, 14]
    for x in (3, 11):
        canvas.rect(x, 2, 3, 2, first[0])
        canvas.rect(x, 4, 3, 1, first[2])
    for x in (2, 11):
        canvas.rect(x, 10, 3, 2, YELLOW[0])
        canvas.rect(x, 12, 3, 1, YELLOW[2])
    return canvas.pixels


def _decor() -> list[Pixels]:
    ball = Canvas(16, 16)
    ball.ellipse(8, 10.5, 5, 5, BLUE)
    ball.rect(3, 9.5, 10, 2, 15)
    ball.outline(1)
    crayon = Canvas(16, 16)
    crayon.rect(2, 11, 9, 4, 3)
    crayon.rect(2, 11, 9, 1, 4)
    crayon.rect(4, 11, 1, 4, 2)
    crayon.polygon([(11, 11), (15, 13), (11, 15)], 15)
    crayon.outline(1)
    cube = Canvas(16, 16)
    cube.paste(0, 5, letter_block(" ", (15, 14, 13, 13), 3)[:11, :11])
    cube.rect(4, 8, 4, 4, 3)
    cube.outline(1)
    tuft = grid(
        "\n".join(
            ["." * 16] * 11
            + ["....9......9....", "..9.8.9..9.8.9..", "..8.8.8..8.8.8..", "...787....787...", "...777....777..."]
        )
    )
    return [ball.pixels, crayon.pixels, cube.pixels[:16], tuft]


TERRAIN = Terrain(
    palette="201 401 611 733 203 315 426 547 757 024 036 257 530 741 774",
    bodies=[_bricks(YELLOW), _bricks(RED), _bricks(YELLOW), _bricks(BLUE)],
    deep={15: 13, 14: 13, 13: 1},
    top=grid("""
        9989998998999899
        8898889889888988
        8788878878887888
        7877787787778777
        7777777777777777
        6776677667766776
        1661166116611661
        .11..11..11..11.
    """),
    light=15,
    shade=13,
    shelf=grid(
        "\n".join(
            [
                "ffffffffffffffff",
                "eeeeeeeeeeeeeeee",
                "eeedeeeeeeeedeee",
                "dddddddddddddddd",
                "1111111111111111",
                "..1d1......1d1..",
                "...1d1....1d1...",
                "....1......1....",
                *["." * 16] * 8,
            ]
        )
    ),
    decor=_decor(),
)


def background() -> Background:
    canvas = Canvas(256, HEIGHT, 1)
    for x in range(0, 256, 32):
        canvas.rect(x, 0, 16, 176, 2)
        for y in range(12, 170, 32):
            canvas.polygon([(x + 8, y), (x + 11, y + 4), (x + 8, y + 8), (x + 5, y + 4)], 1)
            canvas.polygon([(x + 24, y + 16), (x + 27, y + 20), (x + 24, y + 24), (x + 21, y + 20)], 2)
    _window(canvas)
    _shelf(canvas)
    canvas.rect(0, 168, 256, 16, 6)
    canvas.rect(0, 168, 256, 1, 4)
    canvas.rect(0, 172, 256, 1, 2)
    canvas.rect(0, 182, 256, 2, 4)
    for n, y in enumerate((184, 192, 200, 208, 224, 240)):
        canvas.rect(0, y, 256, HEIGHT - y, (4, 3, 4, 3, 4, 3)[n])
        canvas.rect(0, y, 256, 1, 5)
    return Background(
        palette="765 754 643 532 421 776 467 356 677 355 466 744 633 567 655",
        pixels=canvas.pixels,
        speeds=bands((23, 4), (1, 5), (1, 5), (1, 6), (2, 7), (2, 8), (2, 9)),
    )


def _window(canvas: Canvas) -> None:
    canvas.rect(28, 24, 104, 112, 4)
    canvas.rect(30, 26, 100, 108, 6)
    pane = Canvas(256, HEIGHT)
    sky(pane, 32, 128, [8, 7, 14])
    cloud(pane, 62, 62, 44, 9, 14)
    cloud(pane, 112, 88, 40, 9, 14)
    pane.ellipse(60, 136, 50, 26, (11,))
    pane.ellipse(120, 136, 40, 18, (10,))
    canvas.paste(36, 32, pane.pixels[32:128, 36:124])
    canvas.rect(78, 32, 4, 96, 6)
    canvas.rect(36, 78, 88, 4, 6)
    canvas.rect(82, 32, 1, 96, 2)
    canvas.rect(36, 82, 88, 1, 2)
    canvas.rect(22, 134, 116, 6, 6)
    canvas.rect(22, 139, 116, 2, 3)
    for side in (-1, 1):
        for fold in range(4):
            x = 80 + side * (60 - fold * 7)
            canvas.polygon(
                [
                    (x - 4, 20),
                    (x + 4, 20),
                    (x + 4 + side * fold * 2, 146 - fold * 4),
                    (x - 4 + side * fold * 2, 146 - fold * 4),
                ],
                12 if fold % 2 else 13,
            )
    canvas.rect(12, 16, 136, 5, 4)
    canvas.rect(12, 16, 136, 2, 3)


def _shelf(canvas: Canvas) -> None:
    canvas.rect(164, 104, 84, 5, 3)
    canvas.rect(164, 109, 84, 2, 4)
    for x in (172, 236):
        canvas.polygon([(x, 111), (x + 5, 111), (x, 120)], 4)
    for n, x in enumerate((168, 174, 181, 187)):
        tall = (26, 30, 24, 28)[n]
        canvas.rect(x, 104 - tall, 6, tall, (12, 10, 15, 13)[n])
        canvas.rect(x, 104 - tall + 4, 6, 2, 2)
    canvas.ellipse(208, 95, 9, 9, (11, 10))
    canvas.rect(199, 93, 18, 3, 2)
    for x, y, colour in ((222, 92, 13), (234, 92, 10), (228, 80, 12)):
        canvas.rect(x, y, 11, 12, colour)
        canvas.rect(x + 2, y + 2, 7, 8, 15)
    canvas.rect(186, 28, 44, 34, 4)
    canvas.rect(188, 30, 40, 30, 14)
    canvas.ellipse(202, 48, 6, 8, (10,))
    canvas.ellipse(216, 50, 5, 6, (13,))
    canvas.rect(188, 55, 40, 5, 11)
