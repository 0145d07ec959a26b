"""A heat map of the agent's positions over a level's picture."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image

from actors.games.games import game_file
from actors.games.levels import Level
from actors.rollout.tally import CELL_PIXELS, Cell

_SCALE = 8
"""Pixels of the level for one pixel of the picture, in each direction."""
_SIDE = CELL_PIXELS // _SCALE
_STRENGTH = 0.65
_NIGHT = (24, 26, 32)


def heat_picture(level: Level, visits: Mapping[Cell, int]) -> Image.Image:
    """Draws a heat map at one eighth of the level's size; brightness is the logarithm of the steps ended in a cell.

    The background is `maps/<state>.png` beside the game's states, at the same scale; without such a file it is dark,
    and large enough for all visits.
    """
    file = game_file(level.game, f"maps/{level.state}.png")
    columns = max((x for x, _ in visits), default=0) + 1
    rows = max((y for _, y in visits), default=0) + 1
    picture = _picture(file) or Image.new("RGB", (columns * _SIDE, rows * _SIDE), _NIGHT)
    width, height = picture.size
    counts = np.zeros((max(rows, -(-height // _SIDE)), max(columns, -(-width // _SIDE))))
    for (x, y), steps in visits.items():
        counts[y, x] = steps
    heat = np.log1p(counts) / max(np.log1p(counts.max()), 1e-9)
    colours = matplotlib.colormaps["inferno"](0.25 + 0.75 * heat)[..., :3] * 255
    seen = (counts > 0)[..., None] * _STRENGTH
    large = [a.repeat(_SIDE, 0).repeat(_SIDE, 1)[:height, :width] for a in (colours, seen)]
    ground = np.asarray(picture, np.float64) * (1 if visits else 0.6)
    return Image.fromarray((ground * (1 - large[1]) + large[0] * large[1]).astype(np.uint8))


def _picture(file: Path | None) -> Image.Image | None:
    """Reads a picture; returns None if there is none, or it cannot be read."""
    try:
        return Image.open(file).convert("RGB") if file else None
    # Pillow raises these for damaged pictures.
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
