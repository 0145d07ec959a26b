"""Writes everything that is seen as C: palettes, tiles, blocks, backgrounds, sprites, letters and the title."""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from windup.tools.art import font, palette, sprites, terrain, title
from windup.tools.art.sheet import Sheet
from windup.tools.art.tiles import TileSet, tile_words
from windup.tools.art.zones import MAX_TILES, NAMES, zone

ZONE_TILE_BASE = 256
SPRITE_TILE_BASE = ZONE_TILE_BASE + MAX_TILES
MAX_SPRITE_TILES = 640

_TYPES = """\
struct sprite_piece {
    int8_t dx, dy;       /* top left from the object's centre, px */
    uint8_t size, width; /* VDP size bits; px */
    uint16_t attributes; /* palette and flips, tile of sprite_tiles */
};
struct sprite_frame {
    uint16_t first; /* of sprite_pieces */
    uint16_t count;
};
"""


def write_assets(folder: Path) -> None:
    """Writes assets.h and assets.c into `folder`, the same bytes each time. Raises ValueError where tiles run out."""
    header, source = _Source(), _Source()
    header.line(
        "/* Made by tools/assets.py: what is seen. */\n#ifndef ASSETS_H\n#define ASSETS_H\n\n#include <stdint.h>\n"
    )
    source.line('/* Made by tools/assets.py. */\n#include "assets.h"\n')
    header.line(_TYPES)
    for part in (_zones, _sprites, _letters, _title):
        part(header, source)
    header.line("#endif")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("assets.h", header.text()), ("assets.c", source.text())):
        (folder / f"{name}.new").write_text(text)
        (folder / f"{name}.new").replace(folder / name)


class _Source:
    """Lines of C that grow."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def line(self, text: str) -> None:
        self._lines.append(text)

    def text(self) -> str:
        return "\n".join(self._lines) + "\n"

    def enum(self, names: Iterable[str]) -> None:
        self.line("enum {\n    " + ",\n    ".join(names) + "\n};\n")


def _array(header: _Source, source: _Source, kind: str, name: str, sizes: str, rows: Iterable[str]) -> None:
    header.line(f"extern const {kind} {name}{sizes};")
    source.line(f"const {kind} {name}{sizes} = {{\n" + ",\n".join(rows) + "\n};\n")


def _numbers(values: Sequence[int], digits: int, per_row: int = 16) -> list[str]:
    words = [f"0x{value:0{digits}x}" for value in values]
    return [", ".join(words[n : n + per_row]) for n in range(0, len(words), per_row)]


def _nested(rows: Iterable[Sequence[int]], digits: int) -> list[str]:
    return ["{" + ",\n".join(_numbers(row, digits)) + "}" for row in rows]


def _zones(header: _Source, source: _Source) -> None:
    all_zones = [zone(number) for number in range(len(NAMES))]
    header.line(f"enum {{ ZONE_TILE_BASE = {ZONE_TILE_BASE}, SPRITE_TILE_BASE = {SPRITE_TILE_BASE} }};")
    header.line(f"enum {{ BLOCK_LOOKS = {len(terrain.LOOKS)} }};")
    first = {"SOLID0": "SOLID", "SOLID_INNER0": "SOLID_INNER", "DECOR0": "DECOR"}
    header.enum(f"LOOK_{first.get(name, name)} = {number}" for number, name in enumerate(terrain.LOOKS))
    _array(header, source, "uint16_t", "palette_common", "[32]", _numbers(palette.PLAYER + palette.OBJECTS, 4))
    _array(header, source, "uint16_t", "zone_palettes", "[7][32]", _nested((z.palettes for z in all_zones), 4))
    counts = [len(z.tiles.tiles) for z in all_zones]
    starts = [sum(counts[:number]) for number in range(len(counts))]
    _array(header, source, "uint16_t", "zone_tile_start", "[7]", [", ".join(map(str, starts))])
    _array(header, source, "uint16_t", "zone_tile_count", "[7]", [", ".join(map(str, counts))])
    words = [word for z in all_zones for tile in z.tiles.tiles for word in tile_words(tile)]
    _array(header, source, "uint32_t", "zone_tiles", f"[{len(words)}]", _numbers(words, 8, 8))
    looks = (
        "{" + ", ".join("{" + ", ".join(_numbers(z.blocks[name], 4)) + "}" for name in terrain.LOOKS) + "}"
        for z in all_zones
    )
    _array(header, source, "uint16_t", "zone_blocks", "[7][BLOCK_LOOKS][4]", looks)
    _array(header, source, "uint16_t", "zone_background", "[7][32 * 64]", _nested((z.background for z in all_zones), 4))
    _array(header, source, "uint8_t", "zone_background_speed", "[7][32]", _nested((z.speeds for z in all_zones), 2))


def _sprites(header: _Source, source: _Source) -> None:
    sheet = Sheet()
    pieces: list[str] = []
    frames: list[str] = []
    pictures = sprites.pictures()
    for picture in pictures.values():
        cut = sheet.cut(picture)
        frames.append(f"{{{len(pieces)}, {len(cut)}}}")
        pieces += [
            f"{{{p.dx}, {p.dy}, {p.columns - 1 << 2 | p.rows - 1}, {p.columns * 8}, 0x{p.attributes:04x}}}" for p in cut
        ]
    if len(sheet.tiles) > MAX_SPRITE_TILES:
        raise ValueError(f"tiles of all sprites: {len(sheet.tiles)}, allowed: at most {MAX_SPRITE_TILES}")
    header.enum([*(f"SPRITE_{name}" for name in pictures), "SPRITE_COUNT"])
    header.line(f"enum {{ SPRITE_TILE_COUNT = {len(sheet.tiles)} }};")
    words = [word for tile in sheet.tiles for word in tile_words(tile)]
    _array(header, source, "uint32_t", "sprite_tiles", f"[{len(words)}]", _numbers(words, 8, 8))
    _array(header, source, "struct sprite_piece", "sprite_pieces", f"[{len(pieces)}]", pieces)
    _array(header, source, "struct sprite_frame", "sprite_frames", "[SPRITE_COUNT]", frames)


def _letters(header: _Source, source: _Source) -> None:
    words = [word for tile in font.tiles() for word in tile_words(tile)]
    _array(header, source, "uint32_t", "font_tiles", "[64 * 8]", _numbers(words, 8, 8))


def _title(header: _Source, source: _Source) -> None:
    tiles = TileSet()
    picture, figure = tiles.table(title.picture(), title.PICTURE_LINE), tiles.table(title.figure(), title.FIGURE_LINE)
    if len(tiles.tiles) > MAX_TILES:
        raise ValueError(f"tiles of the title: {len(tiles.tiles)}, allowed: at most {MAX_TILES}")
    header.line(f"enum {{ TITLE_TILE_COUNT = {len(tiles.tiles)} }};")
    words = [word for tile in tiles.tiles for word in tile_words(tile)]
    _array(header, source, "uint32_t", "title_tiles", f"[{len(words)}]", _numbers(words, 8, 8))
    _array(header, source, "uint16_t", "title_map", "[28 * 40]", _numbers(picture, 4))
    _array(header, source, "uint16_t", "title_figure", "[28 * 40]", _numbers(figure, 4))
    _array(header, source, "uint16_t", "title_palettes", "[32]", _numbers(palette.words(title.PALETTE) + [0] * 16, 4))


if __name__ == "__main__":
    write_assets(Path(sys.argv[1]))
