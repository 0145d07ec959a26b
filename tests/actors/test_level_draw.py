import json
from collections import Counter

from actors.level_draw import LevelDraw
from actors.levels import Level

LEVELS = [Level("a", "1"), Level("a", "2"), Level("b", "1"), Level("c", "1")]


def test_games_are_spread_over_all_emulators_of_the_run() -> None:
    games = [game for actor in range(3) for game in LevelDraw(LEVELS, 2 * actor, 2, [0]).games]
    assert games == ["a", "b", "c", "a", "b", "c"]


def test_actors_that_do_not_divide_evenly_still_cover_every_game() -> None:
    games = Counter(game for actor in range(4) for game in LevelDraw(LEVELS, 5 * actor, 5, [0]).games)
    assert sorted(games.values()) == [6, 7, 7]


def test_levels_are_drawn_evenly_from_the_emulator_s_game() -> None:
    draw = LevelDraw(LEVELS, 0, 3, [0])
    drawn = Counter(draw(0) for _ in range(2000))
    assert set(drawn) == {Level("a", "1"), Level("a", "2")}
    assert 850 < drawn[Level("a", "1")] < 1150
    assert {draw(1) for _ in range(20)} == {Level("b", "1")}


def test_draws_are_seeded_and_continue() -> None:
    one, same, other = LevelDraw(LEVELS, 0, 1, [5]), LevelDraw(LEVELS, 0, 1, [5]), LevelDraw(LEVELS, 0, 1, [6])
    first = [one(0) for _ in range(30)]
    assert first == [same(0) for _ in range(30)]
    assert first != [other(0) for _ in range(30)]
    other.set_state(json.loads(json.dumps(one.get_state())))
    assert [one(0) for _ in range(30)] == [other(0) for _ in range(30)]
