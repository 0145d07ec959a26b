"""Draws a whole level from its text file, with the tiles and sprites of the ROM.

python -m windup.tools.level_map Playroom.Act1 map.png
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

from windup.level_data import OPEN_SIDES, UNDER_SLOPE, blocks
from windup.leveling.level_file import LEVELS, ZONES, LevelFile, read_level
from windup.tools.art import palette, sprites, terrain
from windup.tools.art.canvas import Pixels
from windup.tools.art.zones import Zone, zone

BLOCK = 16
_BELOW = 80
"""px of the background below the middle of start and goal."""
_LOOKS = ["AIR", "", *terrain.SLOPES, "ONE_WAY", *terrain.FIXTURES]
"""Looks of the blocks that have one, by block number."""
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


def looks(level: LevelFile) -> list[list[str]]:
    """Returns the name of every block's look, row by row, as src/draw.c chooses it."""
    stored = blocks(level)

    def look(x: int, y: int) -> str:
        number = stored[y][x]
        mixed = (x * 73 + y * 151) & 255
        mixed = (mixed ^ mixed >> 3) * 181 & 255
        mixed ^= mixed >> 4
        if number >= UNDER_SLOPE:
            return terrain.LOOKS[terrain.LOOKS.index("UNDER_RISE") + number - UNDER_SLOPE]
        if number > OPEN_SIDES:
            return f"SOLID{number - OPEN_SIDES}"
        if number == OPEN_SIDES:
            return f"SOLID_INNER{0 if mixed & 12 else mixed & 3}"
        if number == 0 and mixed & 7 == 0 and y + 1 < level.height and OPEN_SIDES < stored[y + 1][x] < UNDER_SLOPE:
            return f"DECOR{mixed >> 4 & 3}"
        return _LOOKS[number]

    return [[look(x, y) for x in range(level.width)] for y in range(level.height)]


def draw_level(level: LevelFile) -> Image.Image:
    """The level as a palette picture, 16 px a block, in front of its zone's background as if nothing scrolled."""
    seen = zone(list(ZONES).index(level.zone))
    width, height = level.width * BLOCK, level.height * BLOCK
    start, goal = level.find("P")[0], level.find("!")[0]
    picture = _background(seen, width, height, (start[1] + goal[1]) * BLOCK // 2 + _BELOW)
    pictures = np.stack([seen.tiles.picture(seen.blocks[name], 2) for name in terrain.LOOKS])
    numbers = np.array([[terrain.LOOKS.index(name) for name in row] for row in looks(level)])
    ground = pictures[numbers].transpose(0, 2, 1, 3).reshape(height, width)
    np.copyto(picture, ground, where=ground > 0)
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


def _background(seen: Zone, width: int, height: int, foot: int) -> Pixels:
    """The zone's background repeated along x, its last row at y = `foot`; its first and last rows go on from there."""
    drawn = seen.tiles.picture(seen.background, 64)
    rows = np.clip(np.arange(height) - foot + drawn.shape[0] - 1, 0, drawn.shape[0] - 1)
    return np.tile(drawn[rows], (1, -(-width // drawn.shape[1])))[:, :width].copy()


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
    if given.scale > 1:
        image = image.convert("RGB").reduce(given.scale).quantize(256, dither=Image.Dither.NONE)
    save(image, given.file)


if __name__ == "__main__":
    main()
