"""Sprite pictures as the pieces (up to 32x32 px) that the console puts together, and their tiles."""

import itertools
from dataclasses import dataclass, field

import numpy as np

from windup.tools.art.canvas import Pixels
from windup.tools.art.sprites import Picture
from windup.tools.art.tiles import HORIZONTAL

MAX_PIECE = 32


@dataclass(frozen=True)
class Piece:
    """One hardware sprite: where its top left is from the object's centre, its size in tiles, and its attributes."""

    dx: int
    dy: int
    columns: int
    rows: int
    attributes: int


@dataclass
class Sheet:
    """The tiles of all sprites; pieces that are alike, or mirrored, share theirs."""

    tiles: list[Pixels] = field(default_factory=list)
    _known: dict[tuple[tuple[int, ...], bytes], int] = field(default_factory=dict)

    def cut(self, picture: Picture) -> list[Piece]:
        """The pieces of a picture: its bands from top to bottom, each cut to what is not empty."""
        ys = np.nonzero(picture.pixels.any(axis=1))[0]
        top, bottom = int(ys[0]), int(ys[-1]) + 1
        cuts = [top, *picture.cuts, *([] if picture.cuts else range(top + MAX_PIECE, bottom, MAX_PIECE)), bottom]
        out = []
        for first, last in itertools.pairwise(cuts):
            xs = np.nonzero(picture.pixels[first:last].any(axis=0))[0]
            left, right = int(xs[0]), int(xs[-1]) + 1
            for x in range(left, right, MAX_PIECE):
                out.append(self._piece(picture, x, first, min(right, x + MAX_PIECE), last))
        return out

    def _piece(self, picture: Picture, left: int, top: int, right: int, bottom: int) -> Piece:
        columns, rows = -(-(right - left) // 8), -(-(bottom - top) // 8)
        spare = columns * 8 - (right - left)
        part = np.pad(picture.pixels[top:bottom, left:right], ((0, rows * 8 - (bottom - top)), (0, spare)))
        dx, dy, line = left - picture.centre[0], top - picture.centre[1], picture.line << 13
        # A mirrored piece has its spare columns on the left.
        mirrored = self._known.get((part.shape, np.roll(part[:, ::-1], -spare, axis=1).tobytes()))
        if mirrored is not None:
            return Piece(dx - spare, dy, columns, rows, line | HORIZONTAL | mirrored)
        known = self._known.get((part.shape, part.tobytes()))
        if known is None:
            known = len(self.tiles)
            self._known[part.shape, part.tobytes()] = known
            for x in range(0, columns * 8, 8):
                self.tiles += [part[y : y + 8, x : x + 8].copy() for y in range(0, rows * 8, 8)]
        return Piece(dx, dy, columns, rows, line | known)
