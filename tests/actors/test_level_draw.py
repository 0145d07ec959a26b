import json
from collections import Counter

import pytest

from actors.games.levels import Level
from actors.rollout.level_draw import LevelDraw

LEVELS = [Level("a", "1"), Level("a", "2"), Level("b", "1"), Level("c", "1")]
MANY = [Level("a", str(i)) for i in range(47)]


def _actors(levels: list[Level], actors: int, emulators: int, round_robin: bool = False) -> list[LevelDraw]:
    """The draws of all actors of a run."""
    total = actors * emulators
    return [LevelDraw(levels, i * emulators, emulators, total, [0, i], round_robin) for i in range(actors)]


def _played_at_once(draws: list[LevelDraw]) -> list[Level]:
    """What all emulators of a run play after a reset."""
    return [draw(emulator) for draw in draws for emulator in range(len(draw.games))]


def test_games_are_spread_over_all_emulators_of_the_run() -> None:
    games = [game for draw in _actors(LEVELS, 3, 2) for game in draw.games]
    assert games == ["a", "b", "c", "a", "b", "c"]


def test_actors_that_do_not_divide_evenly_still_cover_every_game() -> None:
    games = Counter(game for draw in _actors(LEVELS, 4, 5) for game in draw.games)
    assert sorted(games.values()) == [6, 7, 7]


@pytest.mark.parametrize(
    ("actors", "emulators", "at_once"), [(1, 2, 2), (2, 8, 16), (3, 7, 21), (4, 8, 32), (6, 8, 47)]
)
@pytest.mark.parametrize("round_robin", [True, False])
def test_more_emulators_are_spread_over_more_levels(
    actors: int, emulators: int, at_once: int, round_robin: bool
) -> None:
    assert len(set(_played_at_once(_actors(MANY, actors, emulators, round_robin)))) == at_once


def test_more_emulators_stay_spread_over_more_levels() -> None:
    """Drawn evenly, n emulators play 47 x (1 - (46/47)^n) levels at once on average."""
    for actors, emulators in ((1, 2), (2, 8), (4, 12)):
        draws = _actors(MANY, actors, emulators)
        counts = [len(set(_played_at_once(draws))) for _ in range(200)]
        expected = 47 * (1 - (46 / 47) ** (actors * emulators))
        assert sum(counts) / len(counts) == pytest.approx(expected, rel=0.05)


def test_emulators_of_several_games_are_spread_over_each_game_s_levels() -> None:
    levels = [Level(game, str(i)) for game in "ab" for i in range(6)]
    assert len(set(_played_at_once(_actors(levels, 3, 2)))) == 6
    assert set(_played_at_once(_actors(levels, 3, 4))) == set(levels)


def test_levels_are_drawn_evenly_from_the_emulator_s_game() -> None:
    draw = LevelDraw(LEVELS, 0, 3, 3, [0])
    drawn = Counter(draw(0) for _ in range(2000))
    assert set(drawn) == {Level("a", "1"), Level("a", "2")}
    assert 850 < drawn[Level("a", "1")] < 1150
    assert {draw(1) for _ in range(20)} == {Level("b", "1")}


def test_in_turn_every_emulator_plays_every_level_as_often() -> None:
    for draw in _actors(MANY, 2, 3, round_robin=True):
        for emulator in range(3):
            episodes = [draw(emulator) for _ in range(2 * len(MANY))]
            assert set(Counter(episodes).values()) == {2}
            assert episodes[: len(MANY)] == episodes[len(MANY) :]


def test_given_odds_hold_from_the_second_episode_within_each_game() -> None:
    draw = LevelDraw(LEVELS, 0, 3, 3, [0])
    draw.draw_by({LEVELS[0]: 0.1, LEVELS[1]: 0.9, LEVELS[2]: 1.0, LEVELS[3]: 1.0})
    assert draw(0) == LEVELS[0]
    drawn = Counter(draw(0) for _ in range(2000))
    assert 1740 < drawn[LEVELS[1]] < 1860
    assert {draw(1) for _ in range(20)} == {LEVELS[2]}


@pytest.mark.parametrize("round_robin", [True, False])
def test_draws_are_seeded_and_continue(round_robin: bool) -> None:
    one, same, other = (LevelDraw(MANY, 0, 1, 1, [seed], round_robin) for seed in (5, 5, 6))
    first = [one(0) for _ in range(30)]
    assert first == [same(0) for _ in range(30)]
    assert round_robin or first != [other(0) for _ in range(30)]
    other.set_state(json.loads(json.dumps(one.get_state())))
    assert [one(0) for _ in range(30)] == [other(0) for _ in range(30)]


def test_a_resume_with_more_emulators_keeps_the_turns_of_the_old_ones() -> None:
    before = LevelDraw(MANY, 0, 1, 1, [0], round_robin=True)
    for _ in range(5):
        before(0)
    after = LevelDraw(MANY, 0, 2, 2, [0], round_robin=True)
    after.set_state(before.get_state())
    assert [after(0), after(1)] == [MANY[5], MANY[23]]
