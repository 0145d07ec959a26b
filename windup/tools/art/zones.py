"""The seven zones in the order of their numbers, and each as the tiles that the console loads."""

from dataclasses import dataclass
from functools import cache

from windup.tools.art import attic, bathtub, blockcity, clockwork, garden, palette, playroom, terrain, trainyard
from windup.tools.art.tiles import TileSet

NAMES = ["Playroom", "BlockCity", "TrainYard", "Clockwork", "Garden", "Bathtub", "Attic"]
_MODULES = [playroom, blockcity, trainyard, clockwork, garden, bathtub, attic]
MAX_TILES = 512
BACKGROUND_LINE = 3


@dataclass(frozen=True)
class Zone:
    """The graphics of a zone."""

    name: str
    palettes: list[int]
    """32 CRAM words: terrain and background, lines 2 and 3."""
    tiles: TileSet
    blocks: dict[str, list[int]]
    """Entries (top left, top right, bottom left, bottom right) of every look."""
    background: list[int]
    """Entries of 32 rows of 64."""
    speeds: list[int]
    """Speed of each row of the background, in 1/16 of the camera's."""


@cache
def zone(number: int) -> Zone:
    """Draws a zone. Raises ValueError where it needs more tiles than there is room for."""
    module, tiles = _MODULES[number], TileSet()
    looks = {name: tiles.table(pixels, line) for name, (pixels, line) in terrain.blocks(module.TERRAIN).items()}
    backdrop = module.background()
    entries = tiles.table(backdrop.pixels, BACKGROUND_LINE)
    columns = backdrop.pixels.shape[1] // 8
    rows = [entries[first : first + columns] for first in range(0, len(entries), columns)]
    if len(tiles.tiles) > MAX_TILES:
        raise ValueError(f"tiles of zone {NAMES[number]}: {len(tiles.tiles)}, allowed: at most {MAX_TILES}")
    return Zone(
        name=NAMES[number],
        palettes=palette.words(module.TERRAIN.palette) + palette.words(backdrop.palette),
        tiles=tiles,
        blocks=looks,
        background=[entry for row in rows for entry in row * (64 // columns)],
        speeds=backdrop.speeds,
    )
