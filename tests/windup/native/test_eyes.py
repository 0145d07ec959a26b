"""Perfect eyes: they see what is on the screen, where it is, and nothing else."""

import ctypes
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.windup.arenas import ABOVE, RIGHT, B, arena, column, until
from tests.windup.compilers import need
from windup import eyes
from windup.game import ACTIONS
from windup.leveling.level_file import LevelFile, read_levels
from windup.tools.compile_levels import write_levels
from windup.tools.native import LOGIC, SOURCES, NativeGame
from windup.tools.solutions import read_solution

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
EYES_C = Path(eyes.__file__).with_name("native") / "eyes.c"
VIEWS = [EYES_C, HERE / "eyes_view.c", HERE.parent / "object_view.c"]
PADS = (0, 4, 8, 6, 10, 2, 18, 20, 24, 16)
START = 40
"""Column at which the player stands in the arenas, in the block two above the ground."""
BOUNDS = np.array([2.0 if name.split(".")[-1] in ("dx", "dy", "screen_x", "screen_y") else 1.0 for name in eyes.NAMES])
LEVELS = read_levels()

LOOKS = {
    "#": {"height": 1, "wall": 1},
    "/": {"height": 0.5, "slope": -1},
    "\\": {"height": 0.5, "slope": 1},
    "1": {"height": 0.25, "slope": -0.5},
    "2": {"height": 0.75, "slope": -0.5},
    "3": {"height": 0.75, "slope": 0.5},
    "4": {"height": 0.25, "slope": 0.5},
    "-": {"height": 1},
    "^": {"height": 1, "wall": 1, "hurts": 1},
    "%": {"height": 1, "wall": 1, "opens": 1},
    ">": {"height": 1, "wall": 1, "carries": 1},
    "<": {"height": 1, "wall": 1, "carries": -1},
    **{gate: {"height": 1, "wall": 1, "opens": -1} for gate in "ABCD"},
}
OBJECTS = {
    "o": ("ring", {}),
    "s": ("spring", {"throw_y": -10 / 20}),
    "S": ("spring", {"throw_y": -16 / 20}),
    "l": ("spring", {"throw_x": -12 / 20}),
    "r": ("spring", {"throw_x": 12 / 20}),
    "w": ("enemy", {"walker": 1}),
    "f": ("enemy", {"flyer": 1}),
    "h": ("enemy", {"hopper": 1}),
    "m": ("platform", {}),
    "v": ("platform", {}),
    "x": ("crusher", {}),
    "t": ("tube", {"throw_x": 10 / 20, "throw_y": -10 / 20}),
    "T": ("tube", {"throw_y": -18 / 20}),
    **{switch: ("switch", {switch: 1}) for switch in "abcd"},
}
MOVES = "wfhmvx"


def look(game: NativeGame) -> np.ndarray:
    """float32 [EYES]: what is seen now."""
    out = np.zeros(eyes.EYES, np.float32)
    game.library.look(out.ctypes.data_as(ctypes.c_void_p))
    return out


def look_on(game: NativeGame, pads: np.ndarray) -> np.ndarray:
    """float32 [N, EYES]: what is seen after each of uint8 [N]."""
    pads = np.ascontiguousarray(pads, np.uint8)
    out = np.zeros((len(pads), eyes.EYES), np.float32)
    game.library.look_on(
        pads.ctypes.data_as(ctypes.c_void_p), ctypes.c_int32(len(pads)), out.ctypes.data_as(ctypes.c_void_p)
    )
    return out


def named(game: NativeGame) -> dict[str, float]:
    return dict(zip(eyes.NAMES, look(game).tolist(), strict=True))


def cell(game: NativeGame, row: int, column: int) -> dict[str, float]:
    """Of a block relative to the player's, all planes that are not 0."""
    seen = eyes.planes(look(game))
    values = {name: float(plane[eyes.ROW + row, eyes.COLUMN + column]) for name, plane in seen.items()}
    return {name: value for name, value in values.items() if value}


def random_pads(seed: int, n: int) -> np.ndarray:
    draw = random.Random(seed)
    return np.array([draw.choice((*PADS, 8, 8, 24)) for _ in range(n // 8) for _ in range(8)], np.uint8)


def playing(name: str, *pieces: tuple[int, int, str], start: int = START, frames: int = 1) -> NativeGame:
    game = NativeGame([arena(name, (start, ABOVE), *pieces)], VIEWS)
    game.start(name)
    game.frames(0, frames)
    return game


@pytest.fixture(scope="module")
def blocks(compiler: str) -> NativeGame:
    """An arena for each character, named by it, in which it is 3 columns ahead."""
    return NativeGame([arena(c, (START, ABOVE), (START + 3, ABOVE, c)) for c in (*LOOKS, *OBJECTS)], VIEWS)


@pytest.fixture(scope="module")
def real(compiler: str) -> NativeGame:
    return NativeGame(LEVELS, VIEWS)


def test_names_are_those_of_the_code(real: NativeGame) -> None:
    assert real.library.windup_eyes_size() == eyes.EYES == len(set(eyes.NAMES))


@pytest.mark.parametrize("character", LOOKS)
def test_each_block_is_seen_where_it_is(blocks: NativeGame, character: str) -> None:
    blocks.start(character)
    assert cell(blocks, 1, 3) == LOOKS[character]
    assert cell(blocks, 0, 3) == cell(blocks, 1, 2) == cell(blocks, 1, 4) == {}
    assert all(cell(blocks, 2, x) == LOOKS["#"] for x in range(-10, 11))


@pytest.mark.parametrize("character", OBJECTS)
def test_each_object_is_seen_where_it_is(blocks: NativeGame, character: str) -> None:
    blocks.start(character)
    kind, more = OBJECTS[character]
    assert named(blocks)[f"{kind}0.there"] == 0  # Placed in the first frame.
    blocks.frames(0)
    seen, view = named(blocks), blocks.view
    expected = dict.fromkeys(eyes.OBJECTS[kind][1], 0.0) | more | {"there": 1}
    expected["dx"] = (blocks.library.object_x(0) - (view.x >> 8)) / 160
    expected["dy"] = (blocks.library.object_y(0) - (view.y >> 8)) / 160
    for name, value in expected.items():
        if name not in ("dvx", "dvy"):
            assert seen[f"{kind}0.{name}"] == pytest.approx(value), name
    assert abs(seen[f"{kind}0.dx"] - 48 / 160) < (65 if character == "m" else 9) / 160
    others = [k for k in eyes.OBJECTS if k != kind]
    assert not any(seen[f"{other}0.there"] for other in others)
    assert not seen.get(f"{kind}1.there")


@pytest.mark.parametrize("character", MOVES)
def test_an_object_s_speed_is_how_it_moves(compiler: str, character: str) -> None:
    """Over any 16 frames it goes as far as its speeds say, to within two pixels; a crusher to within a frame's fall."""
    cage = [(START + x, ABOVE, "#") for x in (2, 9)]
    game = playing("moving", *cage, (START + 6, ABOVE if character in "wh" else ABOVE - 5, character), frames=30)
    kind, _ = OBJECTS[character]
    places, speeds = [], []
    for _ in range(320):
        game.frames(0)
        seen = named(game)
        assert seen["vx"] == seen["vy"] == 0
        places.append((game.library.object_x(0), game.library.object_y(0)))
        speeds.append([seen.get(f"{kind}0.{name}", 0) * 20 for name in ("dvx", "dvy")])
    went = np.diff(np.array(places), axis=0)
    for i in range(len(went) - 16):
        said = np.sum(speeds[i + 1 : i + 17], axis=0)
        np.testing.assert_allclose(went[i : i + 16].sum(0), said, atol=8 if character == "x" else 2)
    assert np.abs(went).sum() > 50


def test_speeds_are_relative_to_the_player(compiler: str) -> None:
    game = playing("relative", (START + 6, ABOVE - 5, "f"))
    game.frames(RIGHT, 30)
    seen = named(game)
    assert seen["vx"] == pytest.approx(game.view.vx / 256 / 20)
    assert seen["vx"] > 0
    assert seen["enemy0.dvx"] == -seen["vx"]


def test_a_pressed_switch_opens_its_gate_and_no_other(compiler: str) -> None:
    game = playing("gates", (START + 3, ABOVE, "b"), *column(START + 6, "A"), *column(START + 7, "B"))
    assert cell(game, 0, 6) == LOOKS["A"]
    assert cell(game, 0, 7) == LOOKS["B"]
    assert named(game)["switch0.used"] == named(game)["open_b"] == 0
    until(game, RIGHT, "gates_open", 2)
    moved = (game.view.x >> 12) - START
    assert cell(game, 0, 6 - moved) == LOOKS["A"]
    assert cell(game, 0, 7 - moved) == {}
    seen = named(game)
    assert seen["switch0.used"] == seen["open_b"] == 1
    assert seen["open_a"] == seen["open_c"] == seen["open_d"] == 0


def test_of_two_walls_the_broken_one_is_gone(compiler: str) -> None:
    game = playing("walls", *column(START + 3, "%"), *column(START + 5, "%"))
    game.library.level_break(ctypes.c_int16(START + 5), ctypes.c_int16(ABOVE))
    assert cell(game, 0, 3) == LOOKS["%"]
    assert cell(game, 0, 5) == {}


def test_the_nearest_come_first_and_the_fifth_is_left_out(compiler: str) -> None:
    game = playing("rings", *((START + x, ABOVE - 4, "o") for x in (-6, -3, 2, 4, 7)))
    seen = named(game)
    assert [round(seen[f"ring{i}.dx"] * 10) for i in range(4)] == [2, -3, 4, -6]


def test_the_player_is_described(compiler: str) -> None:
    game = playing("player", (START + 8, ABOVE + 1, "^" * 6), (START + 2, ABOVE - 1, "o"), frames=30)
    rest = named(game)
    assert rest["on_ground"] == rest["facing"] == rest["lives"] == rest["playing"] == 1
    assert rest["ball"] == rest["jumping"] == rest["some_rings"] == rest["jump_held"] == 0
    game.frames(RIGHT | B)
    jump = named(game)
    assert jump["on_ground"] == 0
    assert jump["ball"] == jump["jumping"] == jump["jump_held"] == 1
    assert jump["vy"] == pytest.approx(game.view.vy / 256 / 20)
    assert jump["vy"] < 0
    until(game, RIGHT, "rings", 1)
    assert named(game)["some_rings"] == 1
    until(game, RIGHT, "rings", 0)
    hurt = named(game)
    assert hurt["safe"] > 0.9
    assert hurt["stun"] > 0.9
    assert hurt["some_rings"] == 0


def test_what_is_destroyed_or_taken_is_not_there(compiler: str) -> None:
    game = playing("taken", (START + 4, ABOVE - 1, "o"))
    assert named(game)["ring0.there"] == 1
    until(game, RIGHT, "rings", 1)
    assert named(game)["ring0.there"] == 0


@pytest.mark.parametrize("shift", [16, 256])
def test_the_same_surroundings_look_the_same_elsewhere(compiler: str, shift: int) -> None:
    """Byte for byte. What swings has a phase of its own for each x, the same one 256 px further."""
    pieces = [(4, ABOVE, "w"), (8, ABOVE, "s"), (-5, ABOVE - 3, "ooo"), (-8, ABOVE, "#%^"), (10, ABOVE - 1, "A")]
    if shift == 256:
        pieces += [(3, ABOVE - 6, "m"), (-4, ABOVE - 6, "f")]
    columns = (100, 100 + shift // 16)
    levels = [
        arena(f"at {at}", (at, ABOVE), *((at + x, y, text) for x, y, text in pieces), width=240) for at in columns
    ]
    game = NativeGame(levels, VIEWS)
    pads = random_pads(3, 400)
    seen = []
    for level in levels:
        game.start(level.name)
        seen.append(look_on(game, pads))
    np.testing.assert_array_equal(*seen)
    assert len(np.unique(seen[0], axis=0)) > 200


def plays(level: str) -> Iterator[np.ndarray]:
    """Random play, and the recorded solution."""
    yield random_pads(7, 3000)
    bits = {"UP": 1, "DOWN": 2, "LEFT": 4, "RIGHT": 8, "B": 16}
    pads = [sum(bits[button] for button in ACTIONS[action]) for action in read_solution(level).actions]
    yield np.array([0, *np.repeat(pads, 4), *[0] * 60], np.uint8)


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name)
def test_all_numbers_are_finite_and_within_their_bounds(real: NativeGame, level: LevelFile) -> None:
    for pads in plays(level.name):
        real.start(level.name)
        seen = look_on(real, pads)
        assert np.isfinite(seen).all()
        assert (np.abs(seen).max(0) <= BOUNDS).all()
    assert seen[-1, eyes.NAMES.index("won")] == 1


def expected_blocks(game: NativeGame) -> dict[str, np.ndarray]:
    """The planes, from the game's own answer for each block and the camera."""
    view = game.view
    out = {name: np.zeros((eyes.ROWS, eyes.COLUMNS), np.float32) for name in eyes.PLANES}
    for row in range(eyes.ROWS):
        for col in range(eyes.COLUMNS):
            x, y = (view.x >> 12) + col - eyes.COLUMN, (view.y >> 12) + row - eyes.ROW
            across, down = 16 * x - view.camera_x, 16 * y - view.camera_y
            if not (-16 < across < 320 and -16 < down < 224):
                continue
            block = game.block(x, y)
            for name, value in list(LOOKS.values())[block - 1].items() if block else ():
                out[name][row, col] = value
    return out


@pytest.mark.parametrize("level", LEVELS[::6], ids=lambda level: level.name)
def test_all_blocks_on_the_screen_are_seen_and_none_beyond_it(real: NativeGame, level: LevelFile) -> None:
    cut = 0
    for pads in plays(level.name):
        real.start(level.name)
        for part in np.array_split(pads, 25):
            real.play(part)
            expected = expected_blocks(real)
            for plane, seen in eyes.planes(look(real)).items():
                np.testing.assert_array_equal(seen, expected[plane], err_msg=plane)
            cut += not expected["height"][-1].any()
    assert cut


@given(
    level=st.sampled_from([level.name for level in LEVELS]),
    seed=st.integers(0, 2**32 - 1),
    frames=st.integers(1, 1500),
)
@settings(max_examples=150, deadline=None)
def test_what_is_out_of_sight_changes_nothing(real: NativeGame, level: str, seed: int, frames: int) -> None:
    real.start(level)
    real.play(random_pads(seed, max(8, frames)))
    out = np.zeros(eyes.EYES, np.float32)
    changes = real.library.look_elsewhere_changed(ctypes.c_uint32(seed), out.ctypes.data_as(ctypes.c_void_p))
    assert changes > 50
    np.testing.assert_array_equal(out, look(real))


def test_an_object_is_seen_from_the_screen_s_edge_on(compiler: str) -> None:
    game = playing("edge", (START + 4, ABOVE - 4, "o"))
    right = game.view.camera_x + 320
    for x, there in ((right - 1, 1), (right, 0), (right - 320, 1), (right - 321, 0)):
        game.library.move_object(0, x - game.library.object_x(0), 0)
        assert named(game)["ring0.there"] == there


def test_the_screen_s_place_tells_where_the_camera_stops(compiler: str) -> None:
    assert abs(named(playing("middle"))["screen_x"]) < 0.06
    assert named(playing("left end", start=2))["screen_x"] < -0.7


def test_clean_under_sanitizers(tmp_path: Path) -> None:
    """The game's own code shifts negative numbers, as gcc defines it, so only its memory is watched."""
    need("cc")
    write_levels(LEVELS, tmp_path / "levels.c")
    strict = ["cc", "-g", "-O1", "-Wall", "-Wextra", "-Werror", f"-I{SOURCES}", "-fno-sanitize-recover=all"]
    game = [*(SOURCES / name for name in LOGIC), tmp_path / "levels.c"]
    subprocess.run([*strict, "-fsanitize=address", "-c", *game], check=True, cwd=tmp_path)
    sources = [EYES_C, HERE / "eyes_play.c", *tmp_path.glob("*.o")]
    subprocess.run([*strict, "-fsanitize=address,undefined", "-o", tmp_path / "play", *sources], check=True)
    done = subprocess.run([tmp_path / "play"], capture_output=True, text=True, timeout=300)
    assert done.stdout == "clean\n", done.stderr
