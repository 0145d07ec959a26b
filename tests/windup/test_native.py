"""The native game: the same inputs give the same bytes, snapshots are whole, and no input breaks its rules."""

import random
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from windup.leveling.level_file import LEVELS, read_level
from windup.tools.compile_levels import write_levels
from windup.tools.native import LOGIC, SOURCES, NativeGame

pytestmark = pytest.mark.slow

NAMES = (
    "Playroom.Act1",
    "BlockCity.Act5",
    "TrainYard.Act9",
    "Clockwork.Act9",
    "Garden.Act9",
    "Bathtub.Act9",
    "Attic.Act4",
)
PADS = (0, 4, 8, 6, 10, 2, 18, 20, 24, 16)
"""Those of the ten Sonic actions."""

plays = st.lists(st.tuples(st.sampled_from(PADS), st.integers(1, 60)), min_size=1, max_size=60)


@pytest.fixture(scope="module")
def game(compiler: str) -> NativeGame:
    return NativeGame([read_level(LEVELS / f"{name}.txt") for name in NAMES])


def random_pads(seed: int, n: int) -> np.ndarray:
    draw = random.Random(seed)
    return np.array([draw.choice(PADS) for _ in range(n // 8) for _ in range(8)], np.uint8)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_inputs_give_the_same_bytes(compiler: str, name: str) -> None:
    level = read_level(LEVELS / f"{name}.txt")
    states = []
    for seed in (1, 1, 2):
        fresh = NativeGame([level])
        fresh.start(name)
        fresh.play(random_pads(seed, 3000))
        states.append(fresh.save())
    assert states[0] == states[1]
    assert states[0] != states[2]


@pytest.mark.parametrize("name", NAMES)
def test_what_was_played_before_does_not_matter(game: NativeGame, name: str) -> None:
    plays = []
    for other in ("Attic.Act4", "Playroom.Act1"):
        game.start(other)
        game.frames(8, 500)
        game.start(name)
        plays.append(game.play(random_pads(1, 3000)))
    np.testing.assert_array_equal(plays[0], plays[1])


def test_the_camera_starts_at_one_place(game: NativeGame) -> None:
    places = set()
    for other in ("Attic.Act4", "Playroom.Act1"):
        game.start(other)
        game.frames(8, 500)
        game.start("Bathtub.Act9")
        places.add((game.view.camera_x, game.view.camera_y))
    assert len(places) == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_snapshot_goes_on_as_the_game_did(game: NativeGame, name: str) -> None:
    game.start(name)
    game.play(random_pads(3, 800))
    middle = game.save()
    after = game.play(random_pads(4, 800))
    end = game.save()
    game.start("Garden.Act9")
    game.load(middle)
    assert game.save() == middle
    np.testing.assert_array_equal(game.play(random_pads(4, 800)), after)
    assert game.save() == end


@settings(max_examples=60, deadline=None)
@given(level=st.sampled_from(NAMES), play=plays)
def test_no_input_leaves_the_level_s_sides(game: NativeGame, level: str, play: list[tuple[int, int]]) -> None:
    game.start(level)
    width = read_level(LEVELS / f"{level}.txt").width * 16
    for pad, frames in play:
        for _ in range(frames):
            game.frames(pad)
            view = game.view
            assert 0 <= view.x >> 8 < width
            assert 0 <= view.lives <= 3
            assert 0 <= view.progress <= 9000
            assert max(abs(view.vx), abs(view.vy)) <= 32 * 256


@pytest.mark.parametrize("compiler", ["cc -O2", "m68k-linux-gnu-gcc -m68000 -O2 -ffreestanding"])
def test_the_logic_compiles_without_a_warning(compiler: str, tmp_path: Path) -> None:
    if shutil.which(compiler.split()[0]) is None:
        pytest.skip(f"{compiler.split()[0]} is not installed")
    write_levels([read_level(LEVELS / f"{name}.txt") for name in NAMES], tmp_path / "levels.c")
    for file in [*(SOURCES / name for name in LOGIC), tmp_path / "levels.c"]:
        command: list[str | Path] = [
            *compiler.split(),
            "-Wall",
            "-Wextra",
            "-Werror",
            f"-I{SOURCES}",
            "-c",
            file,
            "-o",
            tmp_path / "out.o",
        ]
        subprocess.run(command, check=True)
