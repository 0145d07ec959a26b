"""The native game behind the pool's interface: what an EmulatorPool shows with the same seed and actions, and levels
that no emulator has.
"""

import json
from collections.abc import Iterator

import numpy as np
import pytest

from actors.emulation.emulator import Emulator, EmulatorError
from actors.emulation.emulator_pool import EmulatorPool
from actors.emulation.kinds import make_emulator, make_pool
from actors.emulation.native_emulator import NativeEmulator
from actors.emulation.pool import Pool, PoolStep
from actors.emulation.settings import EmulatorSettings
from actors.games.games import WINDUP, actions_of
from actors.games.levels import Level

pytestmark = pytest.mark.slow

NAMES = ("TrainYard.Act4", "Bathtub.Act3", "Garden.Act2")


def _pool(
    native: bool, states: tuple[str, ...] = NAMES, seed: int = 0, size: int = 64, threads: int = 1, **settings: object
) -> Pool:
    counts = [0] * len(states)

    def next_level(i: int) -> Level:
        counts[i] += 1
        return Level(WINDUP, states[(i + counts[i]) % len(states)])

    rules = EmulatorSettings(kind="native" if native else "local", **{"stuck_steps": None} | settings)  # type: ignore[arg-type]
    return make_pool([WINDUP] * len(states), next_level, rules, seed, size, threads)


def _steps(pool: Pool, count: int, resting: bool = False) -> Iterator[tuple[PoolStep, list[Level]]]:
    """Random actions, of which some come many times in a row; every third step, one game rests where so asked."""
    rng = np.random.default_rng(2)
    actions = np.zeros(pool.num_emulators, np.int64)
    for step in range(count):
        new = rng.random(pool.num_emulators) < 0.1
        actions = np.where(new, rng.integers(0, 10, pool.num_emulators), actions)
        working = np.ones(pool.num_emulators, bool)
        working[step % pool.num_emulators] = not (resting and step % 3 == 0)
        pool.send(actions, working=working)
        yield pool.receive(), list(pool.levels)


@pytest.mark.parametrize(
    ("settings", "resting"),
    [
        ({"stuck_steps": 40}, False),
        ({"size": 128, "threads": 2}, True),
        ({"exact": True}, False),
    ],
    ids=["as trained", "resting", "exact"],
)
def test_it_shows_what_emulators_show(settings: dict[str, object], resting: bool) -> None:
    settings = {"max_episode_steps": 90, "sticky_probability": 0.4} | settings
    seen = {"first": 0, "terminated": 0, "truncated": 0}
    with _pool(True, **settings) as native, _pool(False, **settings) as emulators:
        assert isinstance(emulators, EmulatorPool)
        for (ours, our_levels), (theirs, their_levels) in zip(
            _steps(native, 250, resting), _steps(emulators, 250, resting), strict=True
        ):
            assert our_levels == their_levels
            for name, value in vars(theirs).items():
                mine = getattr(ours, name)
                assert (mine.dtype, mine.shape) == (value.dtype, value.shape)
                assert np.array_equal(mine, value, equal_nan=name == "places"), name
            for name in seen:
                seen[name] += int(getattr(theirs, name).sum())
        assert native.get_state() == emulators.get_state()
    # An episode lasted 90 steps at most.
    assert seen["first"] >= 6
    assert seen["truncated"] > 0


def test_the_state_of_one_kind_is_that_of_the_other() -> None:
    with _pool(True, ("Garden.Act2",)) as native, _pool(False, ("Garden.Act2",), seed=9) as emulators:
        for _ in _steps(native, 20):
            pass
        emulators.set_state(json.loads(json.dumps(native.get_state())))
        native.reset()
        emulators.reset()
        for (ours, _), (theirs, _) in zip(_steps(native, 30), _steps(emulators, 30), strict=True):
            assert np.array_equal(ours.frames, theirs.frames)


def test_generated_levels_are_played() -> None:
    names = ("GeneratedPlayroom.Seed0.Level1", "GeneratedBlockCity.Seed0.Level2")
    with _pool(True, names, max_episode_steps=5) as pool:
        assert pool.pids == []
        opening = pool.reset().copy()
        assert not np.array_equal(opening[0], opening[1])
        *_, (step, _) = _steps(pool, 6)
        # The other level of the two is begun.
        assert step.first.all()
        assert np.array_equal(step.frames, opening[::-1])


def test_what_it_has_not_is_told() -> None:
    with pytest.raises(EmulatorError, match="Airstriker-Genesis-v0 is no native game; Windup-Genesis-v0 is"):
        make_pool(["Airstriker-Genesis-v0"], lambda i: Level("", ""), EmulatorSettings(kind="native"), 0)
    with _pool(True, ("Playroom.Act99",)) as pool, pytest.raises(EmulatorError, match="Act99"):
        pool.reset()
    with pytest.raises(EmulatorError, match="Act99"):
        NativeEmulator().reset("Playroom.Act99")


def test_a_single_one_has_an_emulator_s_methods() -> None:
    emulator, native = (make_emulator(WINDUP, native) for native in (False, True))
    assert isinstance(emulator, Emulator)
    assert isinstance(native, NativeEmulator)
    rng = np.random.default_rng(0)
    frames = np.zeros((2, 128, 128, 3), np.uint8)
    for each in (emulator, native):
        each.reset("Clockwork.Act2")
    for _ in range(60):
        action, sticky = int(rng.integers(len(actions_of(WINDUP)))), bool(rng.random() < 0.3)
        assert native.step(action, sticky) == emulator.step(action, sticky)
        assert np.array_equal(native.screen(), emulator.screen())
        for each, frame in zip((emulator, native), frames, strict=True):
            each.observe(frame)
        assert np.array_equal(frames[0], frames[1])
        assert native.position() == emulator.position()
        # The time that the console took for a frame.
        variables = {name: value for name, value in emulator.variables().items() if name != "load_lines"}
        assert native.variables() == variables


def test_an_episode_that_makes_no_progress_is_cut_and_one_that_does_is_not() -> None:
    right, still = 2, 0
    with _pool(True, ("Garden.Act1", "Garden.Act1"), stuck_steps=25, sticky_probability=0.0) as pool:
        pool.reset()
        highest = total = 0.0
        rose = 0
        for step in range(1, 200):
            done = pool.step(np.array([still, right]))
            # The toy that stands still is cut, and begins anew in the next step.
            assert bool(done.truncated[0]) == (step % 26 == 25)
            assert bool(done.first[0]) == (step % 26 == 0)
            total += float(done.rewards[1])
            if total > highest:
                highest, rose = total, step
            assert bool(done.truncated[1]) == (step - rose == 25)
            if done.truncated[1] or done.terminated[1]:
                break
        assert highest > 500
    with _pool(True, ("Garden.Act1",)) as pool:
        pool.reset()
        assert not any(pool.step(np.array([still])).truncated[0] for _ in range(400))
