"""Maps show what the console shows: the ground of a map is compared with the emulator's screen, in every zone."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from windup.leveling.level_file import LEVELS, LevelFile, read_level
from windup.tools.art import palette, terrain
from windup.tools.art.zones import NAMES, zone
from windup.tools.gallery import INTEGRATION
from windup.tools.level_map import draw_level, looks

pytestmark = pytest.mark.slow

# One emulator a process: it gets one of its own.
_SCREENS = """
import sys
import numpy as np
from windup.tools.gallery import screenshots
names = [f"{zone}.Act1" for zone in sys.argv[2:]]
np.savez(sys.argv[1], **dict(screenshots({name: [] for name in names})))
"""


@pytest.fixture(scope="module")
def screens(tmp_path_factory: pytest.TempPathFactory) -> dict[str, np.ndarray]:
    """The screen of each zone's first level at its start; uint8 [224, 320, 3]."""
    if not (INTEGRATION / "rom.md").is_file():
        pytest.skip("the ROM has not been built")
    file = tmp_path_factory.mktemp("screens") / "screens.npz"
    subprocess.run([sys.executable, "-c", _SCREENS, file, *NAMES], check=True)
    return dict(np.load(file))


@pytest.mark.parametrize("name", NAMES)
def test_the_ground_is_where_the_console_draws_it(name: str, screens: dict[str, np.ndarray]) -> None:
    level = read_level(LEVELS / f"{name}.Act1.txt")
    seen = zone(NAMES.index(name))
    pictures = [[seen.tiles.picture(seen.blocks[look], 2) for look in row[:20]] for row in looks(level)]
    ground = np.concatenate([np.concatenate(row, axis=1) for row in pictures])
    colours = palette.rgb(palette.PLAYER + palette.OBJECTS + seen.palettes).astype(int)
    # The camera is somewhere along y; where it is, all but what sprites hide is the same.
    screen = screens[f"{name}.Act1"].astype(int)
    alike = [_alike(ground[y : y + 224], screen, colours) for y in range(ground.shape[0] - 223)]
    assert max(alike) > 0.98


def _alike(ground: np.ndarray, screen: np.ndarray, colours: np.ndarray) -> float:
    """Share of the ground's pixels that the screen has, within half a step of a channel; 0 where it is little."""
    solid = ground > 0
    if solid.mean() < 0.05:
        return 0.0
    return float((np.abs(screen[solid] - colours[ground[solid]]).max(axis=1) <= 25).mean())


def _level(rows: str) -> LevelFile:
    return LevelFile("Garden.Act1", "Garden", 1, "train", "by hand", (), tuple(rows.split()))


def test_looks_follow_the_neighbours() -> None:
    seen = looks(_level(".... ./#. #### .A-. ...."))
    assert seen[1][1:3] == ["RISE", f"SOLID{terrain.UP | terrain.RIGHT}"]
    assert seen[2] == [f"SOLID{side}" for side in (5, 4, 4, 5)], "gates and one-way blocks leave the ground open"
    assert seen[3][1:3] == ["GATE_A", "ONE_WAY"]


def test_ground_is_deep_where_nothing_else_is_near() -> None:
    seen = looks(_level(" ".join(["." * 9] + ["#" * 9] * 9)))
    assert [row[4] == "DEEP" for row in seen] == [False] * 4 + [True] * 6


def test_an_edge_goes_on_below_a_slope() -> None:
    assert looks(_level(".... ./.. ####"))[2][1] == "UNDER_RISE"


def test_a_map_is_as_large_as_the_level_and_shows_its_objects() -> None:
    rows = " ".join(["." * 12] * 10 + ["P....o.....!", "#" * 12])
    with_ring, without = draw_level(_level(rows)), draw_level(_level(rows.replace("o", ".")))
    assert with_ring.size == (12 * 16, 12 * 16)
    ys, xs = np.nonzero(np.asarray(with_ring) != np.asarray(without))
    assert xs.min() >= 5 * 16
    assert xs.max() < 6 * 16
    assert ys.min() >= 10 * 16
    assert ys.max() < 11 * 16


def test_an_unknown_level_is_refused_by_name(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "windup.tools.level_map", "Nowhere.Act1", tmp_path / "map.png"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "level: 'Nowhere.Act1' is unknown; there are Attic.Act1" in done.stderr
