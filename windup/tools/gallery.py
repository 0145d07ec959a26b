"""Draws the contact sheet of all levels, with a screenshot from the recorded solution and the map of each.

python -m windup.tools.gallery docs/windup-levels.png
"""

import gzip
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import stable_retro
from PIL import Image

from windup.game import ACTIONS, BUTTONS, GAME, INTEGRATIONS
from windup.leveling.level_file import ZONES, LevelFile, read_levels
from windup.tools.art import font
from windup.tools.art.canvas import Canvas, Pixels
from windup.tools.level_map import draw_level, save
from windup.tools.solutions import read_solution

INTEGRATION = INTEGRATIONS / GAME
FRAMES_PER_STEP = 4
_PART = 0.45
"""Share of a level's solution after which its screenshot is taken."""
_SCREEN, _STRIP, _GAP, _TITLE = (160, 112), 18, 4, 10
_COLUMNS = max(ZONES.values())
_PAPER, _INK = (24, 24, 32), (255, 240, 200)


def screenshots(solutions: dict[str, list[int]]) -> Iterator[tuple[str, Pixels]]:
    """Yields each level's name and its screen, uint8 [224, 320, 3], after part of its solution (an action a step)."""
    core = stable_retro.RetroEmulator(str(INTEGRATION / "rom.md"))
    core.configure_data(stable_retro.data.GameData())
    core.step()
    for name, actions in solutions.items():
        core.set_state(gzip.decompress((INTEGRATION / f"{name}.state").read_bytes()))
        core.set_button_mask(np.zeros(len(BUTTONS), dtype=np.uint8), 0)
        core.step()  # The frame that a reset takes.
        for action in actions[: int(len(actions) * _PART)]:
            held = ACTIONS[action]
            core.set_button_mask(np.array([button in held for button in BUTTONS], dtype=np.uint8), 0)
            for _ in range(FRAMES_PER_STEP):
                core.step()
        yield name, core.get_screen().copy()


def contact_sheet(levels: list[LevelFile], screens: dict[str, Pixels]) -> Image.Image:
    """Draws the sheet: a row for each zone, and under each screen the level's name and its map."""
    width, height = _SCREEN[0] + _GAP, _SCREEN[1] + _TITLE + _STRIP + _GAP
    sheet = Image.new("RGB", (_COLUMNS * width + _GAP, len(ZONES) * height + _GAP), _PAPER)
    for level in levels:
        x, y = (level.act - 1) * width + _GAP, list(ZONES).index(level.zone) * height + _GAP
        sheet.paste(Image.fromarray(screens[level.name]).reduce(2), (x, y))
        drawn = draw_level(level).convert("RGB")
        drawn.thumbnail((_SCREEN[0], _STRIP), Image.Resampling.BOX, reducing_gap=None)
        sheet.paste(drawn, (x, y + _SCREEN[1] + _TITLE))
        sheet.paste(_INK, (x, y + _SCREEN[1] + 1), _words(level))
    return sheet.quantize(256, dither=Image.Dither.NONE)


def _words(level: LevelFile) -> Image.Image:
    canvas = Canvas(_SCREEN[0], 8)
    split = " VALIDATION" if level.split == "validation" else ""
    font.write(canvas, 1, 1, f"{level.zone} {level.act}{split}".upper(), 255)
    return Image.fromarray(canvas.pixels, mode="L")


def main() -> None:
    levels = read_levels()
    solutions = {level.name: read_solution(level.name).actions for level in levels}
    save(contact_sheet(levels, dict(screenshots(solutions))), Path(sys.argv[1]))


if __name__ == "__main__":
    main()
