"""How a zone's materials become blocks: edges where the ground is open, slopes, and what is alike in all zones."""

from dataclasses import dataclass

import numpy as np

from windup.tools.art import font
from windup.tools.art.canvas import Canvas, Pixels, grid
from windup.tools.art.sprites import GATE_COLOURS, emblem

UP, RIGHT, DOWN, LEFT = 1, 2, 4, 8
TERRAIN_LINE, FIXTURE_LINE = 2, 1

SLOPES = {"RISE": (15, -1.0), "FALL": (0, 1.0), "RISE_LOW": (15, -0.5), "RISE_HIGH": (7, -0.5)}
SLOPES |= {"FALL_HIGH": (0, 0.5), "FALL_LOW": (8, 0.5)}
"""Row of the surface in the first column, and rows a column: as the level file's `/ \\ 1 2 3 4`."""

FIXTURES = ["SPIKES", "BREAKABLE", "BELT_RIGHT", "BELT_LEFT", "GATE_A", "GATE_B", "GATE_C", "GATE_D"]
LOOKS = ["AIR", *[f"SOLID{mask}" for mask in range(16)], *[f"SOLID_INNER{n}" for n in range(4)], *SLOPES, "ONE_WAY"]
LOOKS += [
    *FIXTURES,
    *[f"DECOR{n}" for n in range(4)],
    "UNDER_RISE",
    "UNDER_FALL",
    "UNDER_RISE_LOW",
    "UNDER_FALL_LOW",
    "DEEP",
]


@dataclass(frozen=True)
class Terrain:
    """The materials of a zone, as colours 1-15 of its terrain palette. Colour 1 is the outline."""

    palette: str
    bodies: list[Pixels]
    """Four 16x16 pictures of the inside of the ground."""
    deep: dict[int, int]
    """Palette index of the first picture -> palette index that replaces it deep in the ground."""
    top: Pixels
    """Pixels on top of the ground, up to 8 rows of 16; 0 is transparent."""
    light: int
    """Colour of the edge that faces left."""
    shade: int
    """Colour of the edges that face right and down."""
    shelf: Pixels
    """The one-way platform, 16x16."""
    decor: list[Pixels]
    """Four 16x16 pictures that stand on the ground now and then."""


def blocks(terrain: Terrain) -> dict[str, tuple[Pixels, int]]:
    """Picture (16x16) and palette line of every look, in the order of LOOKS."""
    out = {"AIR": (np.zeros((16, 16), dtype=np.uint8), TERRAIN_LINE)}
    for mask in range(16):
        out[f"SOLID{mask}"] = (_solid(terrain, mask), TERRAIN_LINE)
    for n in range(4):
        out[f"SOLID_INNER{n}"] = (terrain.bodies[n], TERRAIN_LINE)
    for name, (first, step) in SLOPES.items():
        out[name] = (_slope(terrain, first, step), TERRAIN_LINE)
    out["ONE_WAY"] = (terrain.shelf, TERRAIN_LINE)
    out |= {name: (picture, FIXTURE_LINE) for name, picture in fixtures().items()}
    out |= {f"DECOR{n}": (picture, TERRAIN_LINE) for n, picture in enumerate(terrain.decor)}
    for name in ("RISE", "FALL", "RISE_LOW", "FALL_LOW"):
        first, step = SLOPES[name]
        out[f"UNDER_{name}"] = (_slope(terrain, first - 16, step), TERRAIN_LINE)
    dark = np.arange(16, dtype=np.uint8)
    dark[list(terrain.deep)] = list(terrain.deep.values())
    out["DEEP"] = (dark[terrain.bodies[0]], TERRAIN_LINE)
    return out


def _solid(terrain: Terrain, open_sides: int) -> Pixels:
    picture = terrain.bodies[0].copy()
    if open_sides & LEFT:
        picture[:, 0], picture[:, 1] = 1, terrain.light
    if open_sides & RIGHT:
        picture[:, 15], picture[:, 14] = 1, terrain.shade
    if open_sides & DOWN:
        picture[15], picture[14] = 1, terrain.shade
        if open_sides & LEFT:
            picture[:, 0] = 1
            picture[15, 0] = 0
        if open_sides & RIGHT:
            picture[15, 15] = 0
    if open_sides & UP:
        rows = len(terrain.top)
        picture[:rows] = np.where(terrain.top, terrain.top, picture[:rows])
        if open_sides & LEFT:
            picture[1:rows, 0] = 1
            picture[0, 0] = 0
        if open_sides & RIGHT:
            picture[1:rows, 15] = 1
            picture[0, 15] = 0
    return picture


def _slope(terrain: Terrain, first: int, step: float) -> Pixels:
    picture = terrain.bodies[0].copy()
    for x in range(16):
        surface = int(first + step * x + (0.5 if step < 0 else 0))
        picture[: max(0, surface), x] = 0
        for depth, colour in enumerate(terrain.top[:, x]):
            if colour and 0 <= surface + depth < 16:
                picture[surface + depth, x] = colour
    return picture


def fixtures() -> dict[str, Pixels]:
    """Blocks that must be known again in every zone: 16x16, in the colours of the objects' palette."""
    out = {"SPIKES": _spikes(), "BREAKABLE": _breakable(), "BELT_RIGHT": _belt(), "BELT_LEFT": _belt()[:, ::-1].copy()}
    return out | {f"GATE_{letter}": _gate(letter) for letter in "ABCD"}


def _spikes() -> Pixels:
    canvas = Canvas(16, 16)
    for x in (0, 8):
        canvas.polygon([(x, 12), (x + 3.5, 0), (x + 4.5, 0), (x + 8, 12)], 1)
        canvas.polygon([(x + 1, 12), (x + 4, 1), (x + 4, 12)], 2)
        canvas.polygon([(x + 3, 12), (x + 4, 1), (x + 7, 12)], 3)
        canvas.polygon([(x + 5, 12), (x + 4.4, 3), (x + 7, 12)], 4)
    canvas.rect(0, 11, 16, 5, 7)
    canvas.rect(0, 11, 16, 1, 1)
    canvas.rect(0, 12, 16, 2, 6)
    canvas.rect(0, 15, 16, 1, 1)
    return canvas.pixels


def _breakable() -> Pixels:
    return grid("""
        8888888888888881
        8999999999999ab1
        89999999919999b1
        8999199991999ab1
        89999119199999b1
        899999911999a9b1
        8999991119999ab1
        89a99119119999b1
        8999919999199ab1
        8999119999919ab1
        89991999999199b1
        8a9919999a999ab1
        899999999999a9b1
        8a9a9a9a9a9a9ab1
        bbbbbbbbbbbbbbb1
        1111111111111111
    """)


def _belt() -> Pixels:
    return grid("""
        3333333333333333
        5555555555555555
        5588555555885555
        5558855555588555
        5555885555558855
        5558855555588555
        5588555555885555
        5555555555555555
        1111111111111111
        4444444444444444
        1155551111555511
        1543345115433451
        1533235115332351
        1543345115433451
        1155551111555511
        1111111111111111
    """)


def _gate(letter: str) -> Pixels:
    light, dark = GATE_COLOURS[letter]
    canvas = Canvas(16, 16, 1)
    canvas.rect(1, 0, 14, 16, dark)
    canvas.rect(1, 0, 2, 16, light)
    canvas.rect(1, 0, 14, 1, light)
    canvas.rect(0, 15, 16, 1, 1)
    canvas.paste(5, 5, np.where(emblem(letter), 1, 0).astype(np.uint8))
    canvas.paste(4, 4, emblem(letter))
    return canvas.pixels


def brick(canvas: Canvas, x: int, y: int, width: int, height: int, ramp: tuple[int, int, int]) -> None:
    """A moulded brick: light above and left, dark below and right, in `ramp` [light, middle, dark]."""
    canvas.rect(x, y, width, height, ramp[1])
    canvas.rect(x, y, width, 1, ramp[0])
    canvas.rect(x, y, 1, height - 1, ramp[0])
    canvas.rect(x, y + height - 1, width, 1, 1)
    canvas.rect(x + width - 1, y, 1, height, ramp[2])


def letter_block(letter: str, frame: tuple[int, int, int, int], ink: int) -> Pixels:
    """A wooden cube with a letter (or nothing, for a space); `frame` from light to dark."""
    canvas = Canvas(16, 16, frame[1])
    canvas.rect(0, 0, 16, 1, frame[0])
    canvas.rect(0, 0, 1, 16, frame[0])
    canvas.rect(15, 0, 1, 16, frame[3])
    canvas.rect(0, 15, 16, 1, 1)
    canvas.rect(3, 3, 10, 10, frame[2])
    canvas.rect(4, 4, 9, 9, frame[0])
    canvas.rect(4, 4, 8, 8, frame[1])
    font.write(canvas, 6, 5, letter, ink)
    return canvas.pixels
