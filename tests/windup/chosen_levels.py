"""How much of the game long tests play: one level of each zone, or all 58 and more of everything for `make proof`."""

import os

from windup.leveling.level_file import LevelFile, read_levels

PROOF = bool(os.environ.get("SONIC_WORLDS_EVERY_LEVEL"))
"""Whether they play everything."""


def chosen_levels() -> list[LevelFile]:
    levels = read_levels()
    return levels if PROOF else [*{level.zone: level for level in levels}.values()]
