import gc
import json
from collections.abc import Callable

import numpy as np
import psutil
import pytest

from actors.emulation.emulator import EmulatorError
from actors.emulation.emulator_pool import EmulatorPool
from actors.emulation.settings import EmulatorSettings
from actors.games.games import WINDUP, actions_of
from actors.games.levels import Level
from tests.descriptors import open_descriptors

pytestmark = pytest.mark.slow

GAME = "Airstriker-Genesis-v0"
RIGHT = actions_of(GAME).index(("RIGHT",))


def _pool(n: int = 2, seed: int = 0, state: str = "Level1", size: int = 64, **settings: object) -> EmulatorPool:
    rules = EmulatorSettings(**{"stuck_steps": None} | settings)  # type: ignore[arg-type]
    return EmulatorPool([GAME] * n, lambda i: Level(GAME, state), rules, seed, size)


def _actions(steps: int, n: int = 2, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 10, (steps, n))


def _play(pool: EmulatorPool, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    frames, rewards = [pool.reset().copy()], []
    for row in actions:
        step = pool.step(row)
        frames.append(step.frames.copy())
        rewards.append(step.rewards)
    return np.stack(frames), np.stack(rewards)


def test_one_seed_and_the_same_actions_give_the_same_frames_and_rewards() -> None:
    results = []
    for seed in (0, 0, 1):
        with _pool(seed=seed) as pool:
            results.append(_play(pool, _actions(150)))
    assert np.array_equal(results[0][0], results[1][0])
    assert np.array_equal(results[0][1], results[1][1])
    # The seed is that of the sticky actions.
    assert not np.array_equal(results[0][0], results[2][0])


@pytest.mark.parametrize("size", [64, 128])
def test_frames_are_rgb_of_the_size_asked_for(size: int) -> None:
    with _pool(size=size) as pool:
        frames = pool.reset()
        assert (frames.shape, frames.dtype) == ((2, size, size, 3), np.uint8)
        assert frames.std() > 10


def test_sticky_actions_hold_the_one_before_for_one_frame() -> None:
    """With p = 1 every step after the first is late by a frame; with p = 0 none is."""
    actions = np.tile([[1, 1], [2, 2]], (30, 1))
    played = {}
    for p in (0.0, 0.25, 1.0):
        with _pool(sticky_probability=p) as pool:
            played[p] = _play(pool, actions)[0]
    assert not np.array_equal(played[0.0], played[1.0])
    assert not np.array_equal(played[0.0], played[0.25])
    assert not np.array_equal(played[1.0], played[0.25])
    # The first step of an episode has none before it.
    assert np.array_equal(played[0.0][1], played[1.0][1])


def test_sticky_actions_come_as_often_as_they_should() -> None:
    """Episodes of nothing and then right: the last frame is that of p = 0 or that of p = 1, which are counted."""

    def last_frames(p: float, n: int, episodes: int) -> np.ndarray:
        with _pool(n=n, sticky_probability=p, max_episode_steps=2) as pool:
            seen = []
            for _ in range(episodes):
                assert pool.step(np.zeros(n, np.int64)).first.all()
                pool.step(np.zeros(n, np.int64))
                seen.append(pool.step(np.full(n, RIGHT)).frames.copy())
        return np.concatenate(seen)

    (never,), (always,) = last_frames(0.0, 1, 1), last_frames(1.0, 1, 1)
    frames = last_frames(0.25, 3, 400)
    late = (frames == always).all((1, 2, 3))
    in_time = (frames == never).all((1, 2, 3))
    assert (late ^ in_time).all()
    # 1200 draws: four standard deviations.
    assert abs(late.mean() - 0.25) < 0.05
    # Each emulator has draws of its own.
    assert not np.array_equal(late[0::3], late[1::3])


def test_a_game_that_is_over_terminates_and_begins_anew() -> None:
    with _pool(n=1, sticky_probability=0.0) as pool:
        opening = pool.reset().copy()
        steps = 0
        terminated = False
        while not terminated:
            step = pool.step(np.zeros(1, np.int64))
            steps += 1
            terminated = bool(step.terminated[0])
            assert not step.truncated[0]
            assert not step.first[0]
            assert steps < 1000
        # The last step ended with the frame that ended the game.
        assert 0 < step.frames_run[0] <= 4
        assert not np.array_equal(step.frames, opening)
        step = pool.step(np.full(1, RIGHT))
        assert step.first[0]
        assert not step.rewards.any()
        assert not step.terminated.any()
        assert np.array_equal(step.frames, opening)
        assert step.frames_run[0] == 0


def test_frames_are_a_view_that_the_next_step_renews() -> None:
    with _pool() as pool:
        view = pool.reset()
        before = view.copy()
        for row in _actions(5):
            step = pool.step(row)
        assert np.shares_memory(view, step.frames)
        assert not np.array_equal(view, before)


def test_the_step_after_an_end_is_the_reset() -> None:
    with _pool(max_episode_steps=5, sticky_probability=0.0) as pool:
        opening = pool.reset().copy()
        flags, frames = [], 0
        for row in _actions(12):
            step = pool.step(row)
            frames += int(step.frames_run.sum())
            flags.append((bool(step.truncated[0]), bool(step.first[0])))
            if step.first[0]:
                assert np.array_equal(step.frames, opening)
                assert not step.rewards.any()
        assert flags == [(i % 6 == 4, i % 6 == 5) for i in range(12)]
        assert not step.terminated.any()
        # A reset runs no frames of an episode.
        assert frames == 2 * 4 * 10


def test_a_time_limit_truncates_too() -> None:
    with _pool(max_episode_seconds=0.05) as pool:
        pool.reset()
        steps = [pool.step(row) for row in _actions(60)]
    assert any(step.truncated.all() for step in steps)
    assert not any(step.terminated.any() for step in steps)


def test_random_state_and_counters_continue() -> None:
    actions = _actions(40)
    with _pool(seed=0) as pool, _pool(seed=9) as other:
        _play(pool, actions)
        other.set_state(json.loads(json.dumps(pool.get_state())))
        assert np.array_equal(_play(pool, actions)[0], _play(other, actions)[0])


def test_a_level_that_does_not_exist_is_told_and_nothing_is_left() -> None:
    pool = _pool(state="Level99")
    pids = pool.pids
    with pytest.raises(EmulatorError, match="has no state Level99"):
        pool.reset()
    pool.close()
    assert not any(map(psutil.pid_exists, pids))


def test_a_game_without_a_rom_is_told_and_nothing_is_left() -> None:
    before = open_descriptors()
    with pytest.raises(EmulatorError, match="no ROM of SonicTheHedgehog-Genesis-v0"):
        EmulatorPool(
            ["SonicTheHedgehog-Genesis-v0"],
            lambda i: Level("SonicTheHedgehog-Genesis-v0", "GreenHillZone.Act1"),
            EmulatorSettings(stuck_steps=None),
            0,
        )
    gc.collect()
    assert open_descriptors() == before


@pytest.mark.parametrize("end", [lambda pool: pool.close(), lambda pool: None], ids=["closed", "forgotten"])
def test_a_pool_that_ends_takes_everything_with_it(end: Callable[[EmulatorPool], None]) -> None:
    before = open_descriptors()
    pool = _pool()
    pids = pool.pids
    pool.reset()
    assert all(map(psutil.pid_exists, pids))
    end(pool)
    end(pool)
    del pool
    gc.collect()
    assert not any(map(psutil.pid_exists, pids))
    assert open_descriptors() == before


def test_resets_do_not_leak() -> None:
    def resident(pid: int) -> int:
        return int(psutil.Process(pid).memory_info().rss)

    with _pool(n=1, max_episode_steps=1) as pool:
        for _ in range(100):
            pool.step(np.zeros(1, np.int64))
        before = resident(pool.pids[0])
        for _ in range(600):
            pool.step(np.zeros(1, np.int64))
        assert resident(pool.pids[0]) - before < 4 << 20


def test_positions_are_the_player_s_where_the_game_tells() -> None:
    levels = [Level(WINDUP, "Playroom.Act1"), Level(GAME, "Level1")]
    games = [level.game for level in levels]
    right = [actions_of(game).index(("RIGHT",)) for game in games]
    with EmulatorPool(games, levels.__getitem__, EmulatorSettings(stuck_steps=None), 0) as pool:
        pool.reset()
        steps = [pool.step(np.array(right)) for _ in range(30)]
    positions, places = np.array([step.positions for step in steps]), np.array([step.places for step in steps])
    assert (positions[:, 1] == -1).all()
    assert np.isnan(places[:, 1]).all()
    # The player is on the screen, and runs to its middle, where the screen begins to move.
    assert ((places[:, 0] > 0) & (places[:, 0] < 1)).all()
    assert places[-1, 0, 0] > places[0, 0, 0]
    x, y = positions[:, 0, 0], positions[:, 0, 1]
    assert x[-1] > x[0] + 100
    assert (np.diff(x) >= 0).all()
    assert ((y > 0) & (y < 1024)).all()
