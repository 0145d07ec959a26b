"""Every kind of thing in a level does what windup/README.md says."""

from collections.abc import Iterable
from itertools import pairwise

import pytest

from tests.windup.arenas import (
    ABOVE,
    DOWN,
    DYING,
    GAME_OVER,
    GROUND,
    LEFT,
    PLAYING,
    RIGHT,
    WON,
    B,
    arena,
    column,
    each,
    native,
    pit,
    until,
)
from windup.tools.native import NativeGame

AIR, BREAKABLE, GATE_A, GATE_B = 0, 10, 13, 14
POOF, GONE = 2, 3


@pytest.fixture(scope="module")
def game(compiler: str) -> NativeGame:
    wall = [piece for x in (50, 51) for piece in column(x, "%")]
    return native(
        arena("near wall", (45, ABOVE), *wall),
        arena("far wall", (31, ABOVE), *wall),
        arena("wall and rings", (31, ABOVE), (33, ABOVE, "oo"), *wall),
        arena("low shelf", (4, ABOVE), (10, ABOVE, "-" * 6)),
        arena("gates", (12, ABOVE), (6, ABOVE, "a"), *column(20, "A"), *column(30, "B"), (34, ABOVE, "b")),
        arena("belt right", (12, ABOVE), (8, GROUND, ">" * 40)),
        arena("belt left", (40, ABOVE), (8, GROUND, "<" * 40)),
        arena("spring", (8, 8), (8, ABOVE, "s")),
        arena("strong spring", (8, 8), (8, ABOVE, "S")),
        arena("spring right", (4, ABOVE), (12, ABOVE, "r")),
        arena("spring left", (4, ABOVE), (12, ABOVE, "l")),
        arena("shelf", (8, ABOVE), (4, 9, "-" * 10)),
        arena("spikes", (4, ABOVE), (10, GROUND, "^^^^")),
        arena("spikes, rings", (4, ABOVE), (6, ABOVE, "oo"), (10, GROUND, "^")),
        arena("walker", (4, ABOVE), (16, ABOVE, "w")),
        arena("flyer", (4, ABOVE), (16, ABOVE, "f")),
        arena("hopper", (4, ABOVE), (16, ABOVE, "h")),
        *(arena(f"beside {kind}", (15, ABOVE), (16, ABOVE, kind[0])) for kind in ("walker", "flyer", "hopper")),
        arena("island", (4, ABOVE), *pit(10, 4), *pit(20, 4), (16, ABOVE, "w")),
        arena("platform x", (20, 6), (20, 10, "m"), *pit(10, 25)),
        arena("platform y", (20, 2), (20, 9, "v"), *pit(10, 25)),
        arena("crusher", (10, ABOVE), (10, 4, "x")),
        arena("beside crusher", (7, ABOVE), (10, 4, "x")),
        arena("tube right", (4, ABOVE), (10, ABOVE, "t")),
        arena("tube up", (4, ABOVE), (10, ABOVE, "T")),
        arena("goal", (4, ABOVE), width=40),
        arena("pit", (12, ABOVE), (6, ABOVE, "a"), (4, 9, "A"), (14, ABOVE, "o"), *pit(18, 60)),
    )


def settle(game: NativeGame, level: str) -> None:
    game.start(level)
    # It falls the last pixel at first.
    game.frames(0, 10)
    assert game.view.on_ground == 1


def ask(game: NativeGame, what: str, number: int = 0) -> int:
    return int(game.library[f"object_{what}"](number))


def test_a_breakable_wall_stops_a_standing_start(game: NativeGame) -> None:
    settle(game, "near wall")
    assert 50 * 16 - ((game.view.x >> 8) + 9) in range(60, 68)
    game.frames(RIGHT, 200)
    assert game.view.walls_broken == 0
    assert game.view.x >> 8 < 50 * 16
    assert game.block(50, ABOVE) == BREAKABLE


def test_a_breakable_wall_yields_to_a_run_up_as_a_whole(game: NativeGame) -> None:
    settle(game, "far wall")
    assert 50 * 16 - ((game.view.x >> 8) + 9) in range(280, 310)
    until(game, RIGHT, "walls_broken", 1)
    assert game.view.speed >= 1152
    assert {game.block(x, y) for x in (50, 51) for y in range(ABOVE + 1)} == {AIR}
    game.frames(RIGHT, 60)
    assert game.view.x >> 8 > 52 * 16


def test_a_gate_stays_shut_until_its_switch(game: NativeGame) -> None:
    settle(game, "gates")
    game.frames(RIGHT, 200)
    game.frames(RIGHT | B, 100)
    assert game.view.x >> 8 < 20 * 16
    assert game.block(20, ABOVE) == GATE_A
    until(game, LEFT, "gates_open", 1)
    assert game.block(20, ABOVE) == AIR
    game.frames(RIGHT, 300)
    # Gate A's switch is not gate B's, and stays pressed.
    assert 20 * 16 < game.view.x >> 8 < 30 * 16
    assert game.block(30, ABOVE) == GATE_B
    assert game.view.gates_open == 1


@pytest.mark.parametrize(("level", "pixels"), [("belt right", 120), ("belt left", -120)])
def test_a_belt_carries(game: NativeGame, level: str, pixels: int) -> None:
    settle(game, level)
    x = game.view.x
    game.frames(0, 60)
    assert (game.view.x - x) >> 8 == pixels
    assert game.view.speed == 0


@pytest.mark.parametrize(("level", "speed"), [("spring", 10 * 256), ("strong spring", 16 * 256)])
def test_a_spring_throws_up(game: NativeGame, level: str, speed: int) -> None:
    game.start(level)
    # A frame of gravity is in what is seen.
    assert min(view.vy for view in each(game, 0, 120)) == -speed + 56


@pytest.mark.parametrize(("level", "way"), [("spring right", 1), ("spring left", -1)])
def test_a_spring_throws_aside_and_takes_the_pad(game: NativeGame, level: str, way: int) -> None:
    settle(game, level)
    speeds = [view.speed * way for view in each(game, RIGHT, 120)]
    thrown = speeds.index(max(speeds))
    assert 12 * 256 - 12 <= speeds[thrown] <= 12 * 256
    against = LEFT if way > 0 else RIGHT
    settle(game, level)
    game.frames(RIGHT, thrown + 1)
    assert game.view.speed * way == speeds[thrown]
    game.frames(against, 10)
    assert game.view.speed * way > 10 * 256


def test_a_one_way_platform_lets_through_from_below_only(game: NativeGame) -> None:
    settle(game, "shelf")
    game.frames(B)
    highest = min(view.y >> 8 for view in each(game, B, 30))
    assert highest + 14 < 9 * 16
    until(game, 0, "on_ground", 1)
    game.frames(0, 60)
    assert game.view.y >> 8 == 9 * 16 - 20
    game.frames(DOWN, 60)
    assert game.view.y >> 8 == 9 * 16 - 20


def test_spikes_kill_without_rings(game: NativeGame) -> None:
    settle(game, "spikes")
    view = until(game, RIGHT, "state", DYING)
    assert view.lives == 2
    assert view.x >> 8 > 10 * 16 - 10


def test_rings_are_collected_and_lost_instead_of_a_life(game: NativeGame) -> None:
    settle(game, "spikes, rings")
    assert until(game, RIGHT, "rings", 2).score == 20
    view = until(game, RIGHT, "rings", 0)
    assert (view.lives, view.state, view.safe) == (3, PLAYING, 120)
    assert view.vx < 0 or view.vy < 0
    lives = [view.lives for view in each(game, RIGHT, 100)]
    assert set(lives) == {3}


@pytest.mark.parametrize("kind", ["walker", "flyer", "hopper"])
def test_an_enemy_hurts_who_stands_in_its_way(game: NativeGame, kind: str) -> None:
    game.start(f"beside {kind}")
    assert until(game, 0, "lives", 2).state == DYING
    assert ask(game, "state") == 0


@pytest.mark.parametrize(
    ("kind", "waits"), [("walker", [0]), ("flyer", range(0, 256, 16)), ("hopper", range(0, 80, 8))]
)
def test_a_ball_destroys_an_enemy(game: NativeGame, kind: str, waits: Iterable[int]) -> None:
    destroyed = 0
    for wait in waits:
        settle(game, kind)
        game.frames(0, wait)
        game.frames(RIGHT, 60)
        states = set()
        for view in each(game, DOWN, 100):
            assert view.lives == 3
            states.add(ask(game, "state"))
        # The others flew or hopped over the ball.
        assert (game.view.score, POOF in states, GONE in states) in ((100, True, True), (0, False, False))
        destroyed += game.view.score == 100
    assert destroyed >= len(list(waits)) / 2


def test_a_walker_turns_at_edges(game: NativeGame) -> None:
    settle(game, "island")
    places = []
    for _ in range(1000):
        game.frames(0)
        places.append(ask(game, "x"))
    assert min(places) in range(14 * 16, 15 * 16)
    assert max(places) in range(19 * 16, 20 * 16)
    assert {ask(game, "y")} == {ABOVE * 16 + 8}


@pytest.mark.parametrize("level", ["platform x", "platform y"])
def test_a_platform_moves_64_pixels_either_way_and_carries(game: NativeGame, level: str) -> None:
    game.start(level)
    for _ in range(300):
        game.frames(0)
        if game.view.riding == 0:
            break
    offsets, places = set(), []
    for view in each(game, 0, 520):
        x, y = ask(game, "x"), ask(game, "y")
        offsets.add(((view.x >> 8) - x, (view.y >> 8) - y))
        places.append(x if level.endswith("x") else y)
    assert game.view.riding == 0
    middle = 20 * 16 + 8 if level.endswith("x") else 9 * 16 + 8
    assert (min(places), max(places)) == (middle - 64, middle + 64)
    assert len(offsets) == 1


def test_a_crusher_falls_again_and_again_and_kills(game: NativeGame) -> None:
    settle(game, "crusher")
    assert until(game, 0, "lives", 2).state == DYING
    settle(game, "beside crusher")
    heights = []
    for _ in range(900):
        game.frames(0)
        heights.append(ask(game, "y"))
    assert game.view.lives == 3
    # Its lower edge reaches the ground.
    assert max(heights) + 16 == GROUND * 16
    falls = sum(b - a == 8 and a == min(heights) for a, b in pairwise(heights))
    assert falls >= 2


@pytest.mark.parametrize(("level", "vx", "vy"), [("tube right", 10, -10), ("tube up", 0, -18)])
def test_a_launch_tube_takes_in_and_shoots(game: NativeGame, level: str, vx: int, vy: int) -> None:
    settle(game, level)
    still = 0
    for view in each(game, RIGHT, 300):
        inside = view.x >> 8 == 10 * 16 + 8 and view.vx == 0
        still += inside
        if still and not inside:
            break
    assert still >= 20
    assert view.vx - vx * 256 in (0, 24)
    assert view.vy == vy * 256 + 56
    assert view.ball == 1


def test_the_goal_ends_the_level(game: NativeGame) -> None:
    settle(game, "goal")
    view = until(game, RIGHT, "level_end_bonus", 1, 1000)
    assert (view.state, view.progress, view.lives) == (WON, 9000, 3)
    assert view.x >> 8 >= view.level_end
    assert view.contest_bonus == 1000 * (18000 - view.level_frames) // 18000
    assert view.contest_bonus > 950


def test_progress_follows_x(game: NativeGame) -> None:
    settle(game, "goal")
    begin = game.view.x >> 8
    for view in each(game, RIGHT, 120):
        assert view.progress == 9000 * ((view.x >> 8) - begin) // (view.level_end - begin)
        assert view.deepest_x == view.x >> 8
    deepest = game.view.deepest_x
    game.frames(LEFT, 100)
    assert game.view.progress < 9000 * (deepest - begin) // (game.view.level_end - begin)
    assert game.view.deepest_x >= deepest


def test_a_pit_costs_a_life_and_the_level_starts_again(game: NativeGame) -> None:
    settle(game, "pit")
    until(game, LEFT, "gates_open", 1)
    until(game, RIGHT, "rings", 1)
    assert until(game, RIGHT, "state", DYING).lives == 2
    view = until(game, 0, "state", PLAYING)
    assert (view.rings, view.gates_open, view.level_frames, view.lives) == (0, 0, 0, 2)
    assert view.x >> 8 == 12 * 16 + 8


def test_after_three_lives_the_game_is_over_and_b_starts_it_again(game: NativeGame) -> None:
    settle(game, "pit")
    for lives in (2, 1, 0):
        assert until(game, RIGHT, "state", DYING).lives == lives
        until(game, 0, "state", PLAYING if lives else GAME_OVER)
    for pad in (0, RIGHT, DOWN, LEFT):
        game.frames(pad, 100)
        assert (game.view.state, game.view.lives) == (GAME_OVER, 0)
    game.frames(B)
    assert (game.view.state, game.view.lives, game.view.score) == (PLAYING, 3, 0)
    assert game.view.x >> 8 == 12 * 16 + 8


def test_a_level_begins_with_its_walls_and_without_rings(game: NativeGame) -> None:
    settle(game, "wall and rings")
    until(game, RIGHT, "walls_broken", 1)
    assert game.view.rings == 2
    settle(game, "wall and rings")
    assert (game.view.rings, game.view.walls_broken, game.block(50, ABOVE)) == (0, 0, BREAKABLE)


def test_a_shelf_on_the_ground_is_passed_on_foot(game: NativeGame) -> None:
    settle(game, "low shelf")
    game.frames(RIGHT, 120)
    assert game.view.x >> 8 > 20 * 16
    assert game.view.y >> 8 == GROUND * 16 - 20
