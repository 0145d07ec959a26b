"""The ROM on the emulator, against the native game and against itself."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tests.windup.chosen_levels import chosen_levels
from tests.windup.compilers import need
from tests.windup.on_emulator import PADS, VARIABLES, play, random_actions
from windup.leveling.level_file import LevelFile
from windup.tools.native import NativeGame

pytestmark = pytest.mark.slow

LINES = 262
"""Of a frame: work that takes longer loses one."""


@pytest.fixture(scope="module")
def levels() -> list[LevelFile]:
    return chosen_levels()


@pytest.fixture(scope="module")
def plays(levels: list[LevelFile], tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, np.ndarray]]:
    """3,000 frames of each level, twice, by two processes side by side."""
    folder = tmp_path_factory.mktemp("plays")
    names = [level.name for level in levels]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda i: play("frames", folder / f"{i}.npz", names), range(2)))


@pytest.mark.timeout(1200)
def test_the_same_inputs_give_the_same_frames(plays: list[dict[str, np.ndarray]], levels: list[LevelFile]) -> None:
    for level in levels:
        np.testing.assert_array_equal(plays[0][level.name], plays[1][level.name], level.name)
        assert len(np.unique(plays[0][level.name][:, -1])) > 3, "the screens differ from each other"


def test_every_variable_is_the_native_game_s_on_every_frame(
    plays: list[dict[str, np.ndarray]], levels: list[LevelFile]
) -> None:
    need("cc")
    native = NativeGame(levels)
    for number, level in enumerate(levels):
        native.start(number)
        native.frames(0)
        expected = []
        for action in random_actions(level.name):
            # The console shows a frame's outcome in the next one.
            expected.append(_variables(native, level))
            native.frames(PADS[action])
        seen = plays[0][level.name][:, : len(VARIABLES)]
        np.testing.assert_array_equal(seen, np.array(expected), f"{level.name}: {', '.join(VARIABLES)}")


def test_no_frame_s_work_is_longer_than_a_frame(plays: list[dict[str, np.ndarray]]) -> None:
    lines = np.concatenate([play[:, -2] for play in plays[0].values()])
    assert lines.max() < LINES - 10
    assert lines.mean() < LINES / 3


def test_every_recorded_play_reaches_its_goal(levels: list[LevelFile], tmp_path: Path) -> None:
    names = [level.name for level in levels]
    with ThreadPoolExecutor(2) as pool:
        halves = pool.map(lambda i: play("solutions", tmp_path / f"{i}.npz", names[i::2]), range(2))
        seen = {name: outcome for half in halves for name, outcome in half.items()}
    for name in names:
        score, done, left, bonus = seen[name]
        assert (done, bonus) == (1, 1), name
        assert left <= 1, name
        assert 9500 < score <= 10_000, name


def _variables(native: NativeGame, level: LevelFile) -> list[int]:
    view = native.view
    zone = ["Playroom", "BlockCity", "TrainYard", "Clockwork", "Garden", "Bathtub", "Attic"].index(level.zone)
    values = {
        "x": view.x >> 8,
        "y": (view.y >> 8) & 0xFFFF,
        "screen_x": view.camera_x,
        "screen_y": view.camera_y,
        "screen_x_end": level.width * 16 - 320,
        "zone": zone,
        "act": level.act - 1,
    }
    return [values[name] if name in values else getattr(view, name) for name in VARIABLES]
