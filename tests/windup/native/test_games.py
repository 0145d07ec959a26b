"""Games in one process: nothing is shared that should not be, states are whole, and bad input is told in a line."""

import os
import struct
from collections.abc import Iterator

import numpy as np
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.windup.compilers import need
from windup.game import ACTIONS
from windup.level_data import LevelData, compile_level
from windup.leveling.level_file import read_levels
from windup.native import library as library_module
from windup.native.games import Games, StateError
from windup.native.library import NativeUnavailable, add_level, library

LEVELS = 58
_HEADER = struct.Struct("<8sQQQ")
"""Of a saved state: magic, digest of the build, of the level, and of what follows."""

plays = st.lists(
    st.tuples(st.integers(0, len(ACTIONS) - 1), st.booleans(), st.integers(1, 25)), min_size=1, max_size=12
)
"""Actions, whether they are sticky, and for how many steps they are held."""

pytestmark = [pytest.mark.usefixtures("built"), pytest.mark.slow]


@pytest.fixture(scope="module")
def built() -> None:
    try:
        library()
    except NativeUnavailable:
        need("cc")
        raise


@pytest.fixture(scope="module")
def game(built: None) -> Iterator[Games]:
    with Games(1) as games:
        yield games


def steps(games: Games, play: list[tuple[int, bool, int]]) -> list[tuple[object, ...]]:
    """All that one game tells and shows, after every step."""
    seen = []
    for action, sticky, times in play:
        for _ in range(times):
            outcome = tuple(array[0].tolist() for array in games.step([action], [sticky]))
            seen.append((*outcome, games.frames[0].tobytes(), *games.variables(0).items()))
    return seen


@settings(max_examples=40, deadline=None)
@given(level=st.integers(0, LEVELS - 1), before=plays, between=plays, after=plays)
def test_a_restored_game_goes_on_as_it_did(
    game: Games,
    level: int,
    before: list[tuple[int, bool, int]],
    between: list[tuple[int, bool, int]],
    after: list[tuple[int, bool, int]],
) -> None:
    game.reset([0], [level])
    steps(game, before)
    middle, frame, screen = game.save(0), game.frames[0].copy(), game.screen(0)
    expected = steps(game, after)
    end = game.save(0)
    game.reset([0], [(level + 30) % LEVELS])
    steps(game, between)
    game.load(0, middle)
    assert game.level(0) == level
    assert game.save(0) == middle
    np.testing.assert_array_equal(game.frames[0], frame)
    np.testing.assert_array_equal(game.screen(0), screen)
    assert steps(game, after) == expected
    assert game.save(0) == end


def play_together(n: int, threads: int, seed: int) -> list[tuple[bytes, ...]]:
    """Of n games for 150 steps, with resets and rests: all results of each step, and each game's state at the end."""
    rng = np.random.default_rng(seed)
    seen = []
    with Games(n, threads=threads) as games:
        games.reset(range(n), rng.integers(0, LEVELS, n))
        for _ in range(150):
            results = games.step(rng.integers(0, 10, n), rng.random(n) < 0.25, rng.random(n) < 0.9)
            seen.append((*(array.tobytes() for array in results), games.frames.tobytes()))
            if len(again := np.flatnonzero(rng.random(n) < 0.02)):
                games.reset(again, rng.integers(0, LEVELS, len(again)))
        seen.append(tuple(games.save(i) for i in range(n)))
    return seen


@pytest.mark.parametrize("n", [1, 7, 24])
def test_threads_change_nothing(n: int) -> None:
    alone = play_together(n, 1, 5)
    assert play_together(n, 2, 5) == alone
    assert play_together(n, 3, 5) == alone
    assert play_together(n, 3, 6) != alone


@settings(max_examples=15, deadline=None)
@given(
    levels=st.lists(st.integers(0, LEVELS - 1), min_size=2, max_size=6), seed=st.integers(0, 99), n_steps=st.just(60)
)
def test_games_together_are_as_games_alone(levels: list[int], seed: int, n_steps: int) -> None:
    rng = np.random.default_rng(seed)
    actions, sticky = rng.integers(0, 10, (n_steps, len(levels))), rng.random((n_steps, len(levels))) < 0.25
    together = []
    with Games(len(levels)) as games:
        games.reset(range(len(levels)), levels)
        for i in range(n_steps):
            games.step(actions[i], sticky[i])
            together.append(games.frames.copy())
        states = [games.save(i) for i in range(len(levels))]
    for number, level in enumerate(levels):
        with Games(1) as games:
            games.reset([0], level)
            for i in range(n_steps):
                games.step(actions[i, [number]], sticky[i, [number]])
                np.testing.assert_array_equal(games.frames[0], together[i][number])
            assert games.save(0) == states[number]


def test_a_reset_leaves_nothing_of_what_was() -> None:
    with Games(2) as games:
        games.reset([0, 1], [17, 40])
        for _ in range(200):
            games.step([8, 8], [False, False])
        games.reset([0, 1], 40)
        assert games.save(0) == games.save(1)
        np.testing.assert_array_equal(games.frames[0], games.frames[1])


def test_what_rests_stays_as_it_is() -> None:
    with Games(2) as games:
        games.reset([0, 1], [3, 3])
        games.step([8, 8], [False, False])
        state, frame, place = games.save(1), games.frames[1].copy(), games.variables(1)
        rewards, over, ran, positions = games.step([8, 8], [False, False], [True, False])
        assert (rewards[1], over[1], ran.tolist()) == (0, False, [4, 0])
        assert positions[1].tolist() == [place["x"], place["y"]]
        assert games.save(1) == state
        np.testing.assert_array_equal(games.frames[1], frame)


def test_size_0_draws_nothing_and_plays_the_same() -> None:
    with Games(1, size=0) as blind, Games(1) as seeing:
        for games in (blind, seeing):
            games.reset([0], 9)
            outcomes = [games.step([2], [False]) for _ in range(100)]
            assert outcomes[-1][3][0, 0] > outcomes[0][3][0, 0]
        assert blind.frames.shape == (1, 0, 0, 3)
        assert blind.save(0) == seeing.save(0)
        np.testing.assert_array_equal(blind.screen(0), seeing.screen(0))


def test_a_game_takes_less_than_200_kib() -> None:
    before = _resident()
    with Games(1000, size=0) as games:
        games.reset(range(1000), np.arange(1000) % LEVELS)
        assert _resident() - before < 1000 * 200 * 1024


def _resident() -> int:
    return int(psutil.Process().memory_info().rss)


def test_close_ends_the_threads() -> None:
    before = psutil.Process().num_threads()
    games = Games(4, threads=3)
    assert psutil.Process().num_threads() == before + 2
    games.close()
    games.close()
    assert psutil.Process().num_threads() == before
    with pytest.raises(ValueError, match="closed"):
        games.reset([0], [0])


def test_a_forked_process_plays_on() -> None:
    with Games(4, threads=2) as games:
        games.reset(range(4), [0, 10, 20, 30])
        games.step([2] * 4, [False] * 4)
        child = os.fork()
        if not child:
            # In the child nothing may be left to pytest, neither a failure nor an exit handler.
            try:
                for _ in range(20):
                    games.step([8] * 4, [False] * 4)
                seen = hash(games.frames.tobytes()) % 200
                games.close()
                os._exit(seen)
            finally:
                os._exit(255)
        for _ in range(20):
            games.step([8] * 4, [False] * 4)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == hash(games.frames.tobytes()) % 200


@settings(max_examples=200, deadline=None)
@given(noise=st.binary(max_size=300))
def test_bytes_that_are_no_state_are_refused(game: Games, noise: bytes) -> None:
    with pytest.raises(StateError, match="no saved state"):
        game.load(0, noise)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_state_is_refused(game: Games, data: st.DataObject) -> None:
    game.reset([0], 5)
    whole = game.save(0)
    kept = game.save(0)
    damaged = bytearray(whole)
    place = data.draw(st.integers(_HEADER.size, len(whole) - 1))
    damaged[place] ^= data.draw(st.integers(1, 255))
    cut = data.draw(st.integers(8, len(whole) - 1))
    for bad in (bytes(damaged), whole[:cut], whole + b"\0"):
        with pytest.raises(StateError, match="damaged"):
            game.load(0, bad)
    assert game.save(0) == kept


def test_a_state_of_another_build_or_of_an_unknown_level_is_refused(game: Games) -> None:
    game.reset([0], 5)
    state = game.save(0)
    magic, build, level, check = _HEADER.unpack_from(state)
    with pytest.raises(StateError, match="of another build"):
        game.load(0, _HEADER.pack(magic, build ^ 1, level, check) + state[_HEADER.size :])
    # The check goes over the level's digest, too.
    with pytest.raises(StateError, match="damaged"):
        game.load(0, _HEADER.pack(magic, build, level ^ 1, check) + state[_HEADER.size :])
    unknown = level ^ 1
    body = state[_HEADER.size :]
    with pytest.raises(StateError, match="add the level first"):
        game.load(0, _HEADER.pack(magic, build, unknown, _check(unknown, body)) + body)
    assert _check(level, body) == check


def _check(level: int, body: bytes) -> int:
    """As hash.h has it."""
    words = [len(body), *struct.unpack_from(f"<{len(body) // 8}Q", body)]
    words.append(int.from_bytes(body[len(body) // 8 * 8 :], "little"))
    value = level
    for word in words:
        value = (value ^ word) * 0x9E3779B97F4A7C15 % 2**64
        value ^= value >> 32
    return value


def test_a_level_that_is_added_again_keeps_its_number() -> None:
    for number, level in enumerate(read_levels()):
        assert add_level(compile_level(level)) == number, "equal to what was compiled in"


def changed(**arrays: np.ndarray) -> LevelData:
    data = compile_level(read_levels()[3])
    return LevelData(**{**{name: getattr(data, name) for name in LevelData.__annotations__}, **arrays})


def test_a_level_of_its_own_is_played_and_its_states_are_bound_to_it() -> None:
    data = changed()
    header = data.header.copy()
    header[4] -= 16
    number = add_level(changed(header=header))
    assert number >= LEVELS
    assert add_level(changed(header=header)) == number
    with Games(2) as games:
        games.reset([0, 1], [number, 3])
        assert games.variables(0)["level_end"] == games.variables(1)["level_end"] - 16
        for _ in range(100):
            games.step([8, 8], [False, False])
        np.testing.assert_array_equal(games.frames[0], games.frames[1])
        games.load(1, games.save(0))
        assert games.level(1) == number


@pytest.mark.parametrize(
    ("array", "index", "value"),
    [
        ("map", 0, 60_000),
        ("chunks", (0, 0), 20),
        ("chunks", (0, 0), 53),
        ("spawns", (0, 0), -1),
        ("spawns", (0, 2), 15),
        ("spawns", (0, 3), 300),
        ("header", 0, 19),
        ("header", 1, 14),
        ("header", 2, -1),
        ("header", 4, 32_000),
        ("header", 5, 7),
    ],
)
def test_a_level_that_breaks_a_bound_is_refused(array: str, index: object, value: int) -> None:
    broken = getattr(changed(), array).copy()
    broken[index] = value
    with pytest.raises(ValueError, match="out of its bounds"):
        add_level(changed(**{array: broken}))


def test_bad_arguments_are_told_in_a_line() -> None:
    with pytest.raises(ValueError, match=r"n: 0; from 1"):
        Games(0)
    with pytest.raises(ValueError, match=r"size: 63; 0, 64, 128 or None is allowed"):
        Games(1, size=63)
    with pytest.raises(ValueError, match="C-contiguous uint8"):
        Games(1, frames=np.zeros((1, 64, 64, 3), np.float32))  # type: ignore[arg-type]
    with Games(2) as games:
        with pytest.raises(ValueError, match="game 0 was not begun"):
            games.step([0, 0], [False, False])
        with pytest.raises(IndexError, match="game: 2; 0 to 1 is allowed"):
            games.reset([2], [0])
        with pytest.raises(ValueError, match="level: 65535"):
            games.reset([0], [65_535])
        games.reset([0, 1], 0)
        with pytest.raises(ValueError, match=r"actions: 0 to 10; 0 to 9 is allowed"):
            games.step([0, 10], [False, False])
        with pytest.raises(ValueError, match=r"sticky: shape \(1,\)"):
            games.step([0, 1], [False])
        with pytest.raises(ValueError, match=r"C-contiguous float32"):
            games.eyes(np.zeros((2, 3), np.float32))


def test_without_the_library_one_line_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    library_module.library.cache_clear()
    monkeypatch.setattr(library_module, "find_spec", lambda name: None)
    try:
        with pytest.raises(NativeUnavailable, match="at installation there was no C compiler") as raised:
            Games(1)
        assert "\n" not in str(raised.value)
    finally:
        library_module.library.cache_clear()
