"""Draws a whole level from its text file, with the tiles and sprites of the ROM.

python -m actors.game.tools.level_map Playroom.Act1 map.png
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from actors.game.tools.art import palette, sprites
from actors.game.tools.art.canvas import Pixels
from actors.game.tools.art.zones import Zone, zone
from actors.game.tools.level_file import LEVELS, ZONES, LevelFile, read_level

BLOCK = 16
_LOOKS = {
    "/": "RISE",
    "\\": "FALL",
    "1": "RISE_LOW",
    "2": "RISE_HIGH",
    "3": "FALL_HIGH",
    "4": "FALL_LOW",
    "-": "ONE_WAY",
}
_LOOKS |= {"^": "SPIKES", "%": "BREAKABLE", ">": "BELT_RIGHT", "<": "BELT_LEFT"} | {c: f"GATE_{c}" for c in "ABCD"}
_GROUND = "#/\\1234^%><"
_UNDER = {"/": "UNDER_RISE", "\\": "UNDER_FALL", "1": "UNDER_RISE_LOW", "4": "UNDER_FALL_LOW"}
_FRAMES = {
    "o": "RING0",
    "s": "SPRING_UP",
    "S": "SPRING_STRONG",
    "l": "SPRING_LEFT",
    "r": "SPRING_RIGHT",
    "w": "WALKER0",
}
_FRAMES |= {"f": "FLYER0", "h": "HOPPER0", "m": "PLATFORM", "v": "PLATFORM", "x": "CRUSHER", "t": "TUBE_RIGHT"}
_FRAMES |= {"T": "TUBE_UP", "!": "GOAL0", "P": "PLAYER_STAND"} | {c: f"SWITCH_{c.upper()}" for c in "abcd"}


def look(level: LevelFile, x: int, y: int) -> str:
    """Name of the look of the block in column x and row y, as src/draw.c chooses it."""

    def at(column: int, row: int) -> str:
        return level.rows[row][column] if 0 <= column < level.width and 0 <= row < level.height else "#"

    here = at(x, y)
    mixed = (x * 73 + y * 151) & 255
    mixed ^= mixed >> 3
    if here == "#":
        sides = ((x, y - 1), (x + 1, y), (x, y + 1), (x - 1, y))
        mask = sum(1 << n for n, side in enumerate(sides) if at(*side) not in _GROUND)
        return f"SOLID{mask}" if mask else _UNDER.get(at(x, y - 1), f"SOLID_INNER{mixed & 3}")
    if here in _LOOKS:
        return _LOOKS[here]
    return f"DECOR{mixed >> 4 & 3}" if at(x, y + 1) == "#" and mixed % 7 == 0 else "AIR"


def draw_level(level: LevelFile) -> Image.Image:
    """The level as a palette picture, 16 px a block, in front of its zone's background as if nothing scrolled."""
    seen = zone(list(ZONES).index(level.zone))
    width, height = level.width * BLOCK, level.height * BLOCK
    picture = _background(seen, width, height)
    pictures = {name: seen.tiles.picture(entries, 2) for name, entries in seen.blocks.items()}
    for y in range(level.height):
        for x in range(level.width):
            _over(picture, pictures[look(level, x, y)], x * BLOCK, y * BLOCK)
    frames = sprites.pictures()
    for x, y, character in level.find("".join(_FRAMES)):
        frame = frames[_FRAMES[character]]
        above = {"P": -4, "x": 16}.get(character, 8)
        left, top = x * BLOCK + 8 - frame.centre[0], y * BLOCK + above - frame.centre[1]
        _over(picture, np.where(frame.pixels, frame.pixels + frame.line * 16, 0).astype(np.uint8), left, top)
    image = Image.fromarray(picture)
    image.putpalette(
        np.concatenate([palette.rgb(palette.PLAYER + palette.OBJECTS), palette.rgb(seen.palettes)]).tobytes()
    )
    return image


def _background(seen: Zone, width: int, height: int) -> Pixels:
    """The zone's background repeated along x; above and below it, its first and last rows go on."""
    drawn = seen.tiles.picture(seen.background, 64)
    above = max(0, (height - drawn.shape[0]) // 2)
    drawn = np.pad(drawn, ((above, max(0, height - drawn.shape[0] - above)), (0, 0)), mode="edge")[:height]
    return np.tile(drawn, (1, -(-width // drawn.shape[1])))[:, :width].copy()


def _over(picture: Pixels, part: Pixels, x: int, y: int) -> None:
    part = part[max(0, -y) : picture.shape[0] - y, max(0, -x) : picture.shape[1] - x]
    place = picture[max(0, y) : max(0, y) + part.shape[0], max(0, x) : max(0, x) + part.shape[1]]
    np.copyto(place, part, where=part > 0)


def save(image: Image.Image, file: Path) -> None:
    """Writes a PNG as small as it gets, under a temporary name first."""
    new = file.with_suffix(".new.png")
    image.save(new, optimize=True)
    new.replace(file)


def main() -> None:
    parser = argparse.ArgumentParser(description="Draws a whole level.")
    parser.add_argument("level", help="such as Playroom.Act1")
    parser.add_argument("file", type=Path, help="the PNG to write")
    parser.add_argument("--scale", type=int, default=1, help="draw it this many times smaller")
    given = parser.parse_args()
    file = LEVELS / f"{given.level}.txt"
    if not file.is_file():
        parser.error(
            f"level: {given.level!r} is unknown; there are {', '.join(sorted(f.stem for f in LEVELS.glob('*.txt')))}"
        )
    image = draw_level(read_level(file))
    save(image.reduce(given.scale) if given.scale > 1 else image, given.file)


if __name__ == "__main__":
    main()
