"""Cuts pictures into the 8x8 tiles of the Mega Drive, and shares tiles that are alike."""

from dataclasses import dataclass, field

import numpy as np

from windup.tools.art.canvas import Pixels

HORIZONTAL, VERTICAL = 0x0800, 0x1000
"""Flip bits of a name-table entry."""


def tile_words(tile: Pixels) -> list[int]:
    """The 8 words of 32 bits of one 8x8 tile: one word a row, the leftmost pixel highest."""
    return [int("".join(f"{pixel:x}" for pixel in row), 16) for row in tile]


@dataclass
class TileSet:
    """Tiles of one picture bank; the first is empty."""

    tiles: list[Pixels] = field(default_factory=lambda: [np.zeros((8, 8), dtype=np.uint8)])
    _known: dict[bytes, int] = field(default_factory=lambda: {bytes(64): 0})

    def entry(self, tile: Pixels, line: int) -> int:
        """Name-table entry of an 8x8 tile in palette `line`; a new tile only where no flip of a known one will do."""
        for flips, seen in (
            (0, tile),
            (HORIZONTAL, tile[:, ::-1]),
            (VERTICAL, tile[::-1]),
            (HORIZONTAL | VERTICAL, tile[::-1, ::-1]),
        ):
            number = self._known.get(seen.tobytes())
            if number is not None:
                return (line << 13 | flips | number) if number else 0
        self._known[tile.tobytes()] = len(self.tiles)
        self.tiles.append(tile.copy())
        return line << 13 | len(self.tiles) - 1

    def table(self, picture: Pixels, line: int) -> list[int]:
        """Entries of a whole picture, row by row."""
        rows, columns = picture.shape[0] // 8, picture.shape[1] // 8
        return [
            self.entry(picture[8 * r : 8 * r + 8, 8 * c : 8 * c + 8], line) for r in range(rows) for c in range(columns)
        ]

    def picture(self, entries: list[int], columns: int) -> Pixels:
        """The pixels that entries show, as palette line * 16 + colour."""
        out = np.zeros((len(entries) // columns * 8, columns * 8), dtype=np.uint8)
        for place, entry in enumerate(entries):
            tile = self.tiles[entry & 0x7FF]
            tile = tile[::-1] if entry & VERTICAL else tile
            tile = tile[:, ::-1] if entry & HORIZONTAL else tile
            y, x = place // columns * 8, place % columns * 8
            out[y : y + 8, x : x + 8] = np.where(tile, tile + (entry >> 13 & 3) * 16, 0)
        return out
