"""Levels that long tests play: every sixth of the 58, or all of them for `make proof`."""

import os

from windup.leveling.level_file import LevelFile, read_levels

EVERY_LEVEL = "SONIC_WORLDS_EVERY_LEVEL"


def chosen_levels() -> list[LevelFile]:
    return read_levels()[:: 1 if os.environ.get(EVERY_LEVEL) else 6]
