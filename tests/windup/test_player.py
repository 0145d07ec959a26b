"""The player's physics, measured against the constants in windup/README.md. Speeds are in 1/256 px a frame."""

from itertools import pairwise

import pytest

from tests.windup.arenas import (
    ABOVE,
    DOWN,
    GROUND,
    LEFT,
    PLAYING,
    RIGHT,
    STANDING,
    B,
    arena,
    column,
    each,
    native,
    pit,
    until,
)
from windup.tools.native import NativeGame

TOP, JUMP = 6 * 256, 1664
WALLS = {1, *range(9, 17)}
PITS = range(3, 9)
"""Columns."""
SLOPE = [(20 + i, ABOVE - i, "/" + "#" * (40 - i)) for i in range(10)]
VALLEY = [(10 + i, 3 + i, "\\") for i in range(10)] + [(4, 3 + i, "#" * (6 + i)) for i in range(10)]


@pytest.fixture(scope="module")
def game(compiler: str) -> NativeGame:
    return native(
        arena("flat", (4, ABOVE), width=400),
        arena("wall", (4, ABOVE), *column(20, "#")),
        arena("low ceiling", (4, ABOVE), (0, GROUND - 5, "#" * 40)),
        arena("uphill", (18, ABOVE), *SLOPE),
        arena("downhill", (6, 2), *VALLEY),
        arena("on a slope", (15, 7), *VALLEY),
        arena("fast", (4, ABOVE), (12, ABOVE, "r"), width=400),
        *(arena(f"pit {columns}", (4, ABOVE), *pit(30, columns)) for columns in PITS),
        arena("fall", (8, 2), *[(0, y, "." * 100) for y in range(13, 55)], height=60),
    )


def test_starts_standing_on_the_ground(game: NativeGame) -> None:
    game.start("flat")
    game.frames(0, 10)
    assert (game.view.x >> 8, game.view.y >> 8) == (4 * 16 + 8, STANDING)
    assert (game.view.on_ground, game.view.speed) == (1, 0)


def test_acceleration_and_top_speed(game: NativeGame) -> None:
    game.start("flat")
    game.frames(0, 5)
    speeds = [view.speed for view in each(game, RIGHT, 140)]
    assert speeds == [min(12 * n, TOP) for n in range(1, 141)]


def test_friction_and_deceleration(game: NativeGame) -> None:
    game.start("flat")
    game.frames(0, 5)
    game.frames(RIGHT, 130)
    fast = game.save()
    assert [view.speed for view in each(game, 0, 130)] == [max(TOP - 12 * n, 0) for n in range(1, 131)]
    game.load(fast)
    assert [view.speed for view in each(game, LEFT, 12)] == [TOP - 128 * n for n in range(1, 12)] + [-128]


def test_rolling_friction_and_deceleration(game: NativeGame) -> None:
    game.start("flat")
    game.frames(0, 5)
    game.frames(RIGHT, 130)
    game.frames(DOWN)
    assert game.view.ball == 1
    rolling, speed = game.save(), game.view.speed
    assert [view.speed for view in each(game, 0, 20)] == [speed - 6 * n for n in range(1, 21)]
    game.load(rolling)
    assert [view.speed for view in each(game, LEFT, 20)] == [speed - 38 * n for n in range(1, 21)]
    game.load(rolling)
    until(game, 0, "ball", 0)


def rise(game: NativeGame, later: int) -> float:
    """px that the feet rise in a jump with these buttons after its first frame."""
    game.start("flat")
    game.frames(0, 5)
    feet = game.view.y / 256 + 19
    game.frames(B)
    return feet - min(view.y for view in each(game, later, 60)) / 256 - 14


@pytest.mark.parametrize(("later", "speed"), [(B, JUMP), (0, 4 * 256)])
def test_a_jump_is_as_high_as_the_button_is_long(game: NativeGame, later: int, speed: int) -> None:
    assert rise(game, later) == pytest.approx(sum(range(speed, 0, -56)) / 256, abs=1.5)


def test_a_held_button_jumps_once(game: NativeGame) -> None:
    game.start("flat")
    game.frames(0, 5)
    game.frames(B)
    until(game, B, "on_ground", 1)
    assert all(view.on_ground for view in each(game, B, 30))


def test_air_acceleration_is_twice_that_of_the_ground(game: NativeGame) -> None:
    game.start("flat")
    game.frames(0, 5)
    game.frames(B)
    assert [view.vx for view in each(game, B | RIGHT, 20)] == [24 * n for n in range(1, 21)]


def test_falls_at_16_pixels_a_frame_at_most(game: NativeGame) -> None:
    game.start("fall")
    speeds = [view.vy for view in each(game, 0, 90)]
    assert max(speeds) == 16 * 256
    assert speeds[1] - speeds[0] == 56


@pytest.mark.parametrize("buttons", [RIGHT, RIGHT | B])
def test_a_wall_stops(game: NativeGame, buttons: int) -> None:
    game.start("wall")
    right = max(view.x >> 8 for view in each(game, buttons, 300))
    assert right + 7 < 20 * 16
    assert right > 19 * 16 - 10
    assert game.view.speed == 0


def test_a_ceiling_stops(game: NativeGame) -> None:
    game.start("low ceiling")
    game.frames(0, 5)
    top = min(view.y >> 8 for view in each(game, B, 40))
    assert top - 14 >= (GROUND - 4) * 16
    assert top < STANDING


def test_slopes_slow_uphill_and_speed_downhill(game: NativeGame) -> None:
    game.start("downhill")
    assert max(view.speed for view in each(game, RIGHT, 100)) > TOP
    game.start("uphill")
    game.frames(0, 5)
    until(game, RIGHT, "slope", -2)
    speeds = [view.speed for view in each(game, RIGHT, 20)]
    assert speeds == sorted(speeds, reverse=True)
    assert speeds[-1] < speeds[0]


def test_slides_down_a_steep_slope(game: NativeGame) -> None:
    game.start("on a slope")
    until(game, 0, "slope", 2)
    game.frames(0, 5)
    speeds = [view.speed for view in each(game, 0, 10)]
    # 32 sin 45 less the friction.
    assert {b - a for a, b in pairwise(speeds)} == {22 - 12}


def test_speed_above_the_top_is_kept_and_not_added_to(game: NativeGame) -> None:
    game.start("fast")
    speeds = [view.speed for view in each(game, RIGHT, 120)]
    # Less the friction of the frame itself.
    assert max(speeds) == 12 * 256 - 12
    assert len(set(speeds[-25:])) == 1
    assert speeds[-1] > TOP


def test_who_misses_an_edge_does_not_sink_into_it(game: NativeGame) -> None:
    sunk = []
    for columns in PITS:
        for run in range(20, 130, 5):
            game.start(f"pit {columns}")
            game.frames(0, 5)
            game.frames(RIGHT, run)
            for view in each(game, 0, 150):
                if view.state == PLAYING and game.block(view.x >> 12, view.y >> 12) in WALLS:
                    sunk.append((columns, run))
                    break
    assert sunk == []
