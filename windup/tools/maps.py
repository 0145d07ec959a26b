"""Small pictures of all levels, for the report's maps: `maps/<level>.png` beside the start states.

python -m windup.tools.maps
"""

from PIL import Image

from windup.leveling.level_file import read_levels
from windup.tools.build import INTEGRATION
from windup.tools.level_map import draw_level, save

_SCALE = 8
"""Divisor of the levels' pixels, as in cluster/report/heat.py."""
_COLOURS = 32


def main() -> None:
    folder = INTEGRATION / "maps"
    folder.mkdir(exist_ok=True)
    for level in read_levels():
        small = draw_level(level).convert("RGB").reduce(_SCALE)
        save(small.quantize(_COLOURS, dither=Image.Dither.NONE), folder / f"{level.name}.png")


if __name__ == "__main__":
    main()
