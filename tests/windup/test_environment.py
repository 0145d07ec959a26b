"""Windup-v0: gymnasium's own checks, the vector form beside single ones, saved episodes, and what bad input is told."""

import copy
import json
import pickle
import subprocess
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env, data_equivalence
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.windup.compilers import need
from windup.environment import WindupEnv, WindupVectorEnv
from windup.game import ACTIONS, GAME, INTEGRATIONS
from windup.native import library as library_module
from windup.native.games import Games, StateError
from windup.native.library import NativeUnavailable, library
from windup.tools.solutions import read_solution

GENERATED = "GeneratedBlockCity.Seed3.Level2"
KINDS: list[dict[str, Any]] = [{"obs": "state"}, {"size": 64}, {"size": 128}, {"size": None}, {"size": 320}]


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    try:
        library()
    except NativeUnavailable:
        need("cc")
        raise


@pytest.fixture(scope="module")
def env() -> Iterator[WindupEnv]:
    env = WindupEnv(obs="state", split="train", stuck_steps=60)
    yield env
    env.close()


def same(one: object, other: object) -> bool:
    return bool(data_equivalence(one, other, exact=True))


def play(env: gymnasium.Env, actions: list[int]) -> list[Any]:
    return [env.step(np.int64(action)) for action in actions]


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("mode", [None, "rgb_array"])
def test_gymnasiums_checker_has_nothing_to_say(kind: dict[str, Any], mode: str | None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gymnasium.make("Windup-v0", render_mode=mode, **kind)
        check_env(env.unwrapped)
        # What `make` puts around it checks on, at each first call.
        env.reset(seed=1)
        env.step(env.action_space.sample())
        env.close()


def test_a_vector_environment_is_made_by_default_and_is_within_its_spaces() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for kind in KINDS:
            env = gymnasium.make_vec("Windup-v0", num_envs=8, split="train", **kind)
            assert isinstance(env, WindupVectorEnv)
            assert env.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
            observations, _ = env.reset(seed=1)
            assert observations in env.observation_space
            env.action_space.seed(2)
            observations, rewards, terminated, truncated, info = env.step(env.action_space.sample())
            assert observations in env.observation_space
            assert (rewards.dtype, terminated.dtype, truncated.dtype) == (np.float64, np.bool_, np.bool_)
            assert info["level"].shape == info["x"].shape == info["_x"].shape == (8,)
            env.close()


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
@pytest.mark.parametrize("obs", ["frames", "state"])
def test_games_stepped_together_equal_single_ones(mode: str, obs: str) -> None:
    arguments: dict[str, Any] = {"obs": obs, "levels": f"Attic.Act3,Attic.Act4,{GENERATED}", "stuck_steps": 40}
    arguments["max_episode_steps"] = 120
    together = gymnasium.make_vec("Windup-v0", 5, autoreset_mode=mode, threads=2, **arguments)
    alone = gymnasium.make_vec("Windup-v0", 5, "sync", vector_kwargs={"autoreset_mode": mode}, **arguments)
    assert isinstance(alone, SyncVectorEnv)
    assert same(together.reset(seed=7), alone.reset(seed=7))
    rng = np.random.default_rng(0)
    actions = rng.integers(len(ACTIONS), size=(600, 5))
    # To the right, and jumps: random play dies too seldom.
    actions = np.where(rng.random(actions.shape) < 0.7, rng.choice([2, 8], actions.shape), actions)
    terminations = truncations = 0
    for row in actions:
        one, other = together.step(row), alone.step(row)
        assert same(one, other)
        terminations, truncations = terminations + one[2].sum(), truncations + one[3].sum()
    assert terminations > 3
    assert truncations > 3
    assert same(together.reset(), alone.reset())
    seeds = [4, 9, 2, 2, 4]
    assert same(together.reset(seed=seeds), alone.reset(seed=seeds))
    assert together.np_random_seed == alone.np_random_seed == tuple(seeds)
    together.close()
    alone.close()


def test_the_same_seed_gives_the_same_levels_and_sticky_steps() -> None:
    runs = []
    for seed in (5, 5, 6):
        env = gymnasium.make_vec("Windup-v0", num_envs=16, obs="state")
        steps = [env.reset(seed=seed)] + [env.step(np.full(16, i % 3)) for i in range(40)]
        runs.append(steps)
        env.close()
    assert same(runs[0], runs[1])
    assert not same(runs[0], runs[2])
    assert len(set(runs[0][0][1]["level"])) > 8


def test_levels_are_those_of_the_split() -> None:
    levels = json.loads((INTEGRATIONS / GAME / "levels.json").read_text())["levels"]
    for split in ("train", "validation"):
        env = WindupVectorEnv(300, split=split, obs="state")
        seen = set(env.reset(seed=0)[1]["level"])
        assert seen == {level["name"] for level in levels if level["split"] == split}
        env.close()
    env = WindupVectorEnv(12, split="generated:3+5", obs="state")
    assert set(env.reset(seed=0)[1]["level"]) == {
        f"Generated{zone}.Seed5.Level{n}" for n, zone in enumerate(("Playroom", "BlockCity", "TrainYard"), 1)
    }
    assert set(env.reset(options={"level": "Attic.Act4"})[1]["level"]) == {"Attic.Act4"}
    names = ["Garden.Act1"] * 11 + [GENERATED]
    info = env.reset(options={"level": names})[1]
    assert info["level"].tolist() == names
    assert info["act"].tolist() == [0] * 11 + [255]
    env.close()


def test_the_recorded_solution_earns_what_the_contest_pays() -> None:
    env = WindupEnv(obs="state", levels=["Playroom.Act1"], sticky=0)
    _, info = env.reset(seed=0)
    assert (info["progress"], info["lives"]) == (0, 3)
    steps = play(env, read_solution("Playroom.Act1").actions)
    assert 9500 < sum(step[1] for step in steps) < 10_000
    assert [step[2] for step in steps] == [False] * (len(steps) - 1) + [True]
    last = steps[-1][4]
    assert (last["progress"], last["level_end_bonus"]) == (9000, 1)
    assert sum(step[1] for step in steps) == 9000 + last["contest_bonus"]
    env.close()


def test_the_contests_rules_cut_after_4500_steps_and_the_trainings_when_stuck() -> None:
    env = gymnasium.make("Windup-v0", obs="state", levels="Playroom.Act1")
    env.reset(seed=0)
    assert [step[2:4] for step in play(env, [0] * 4500)] == [(False, False)] * 4499 + [(False, True)]
    env.close()
    stuck = WindupEnv(obs="state", levels="Playroom.Act1", stuck_steps=50, sticky=0)
    stuck.reset(seed=0)
    steps = play(stuck, [2] * 20 + [1] * 60)
    rewards = np.cumsum([step[1] for step in steps])
    farthest = int(np.argmax(rewards))
    assert 18 <= farthest < 25
    assert np.flatnonzero([step[3] for step in steps])[0] == farthest + 50
    stuck.close()


def test_a_screen_is_rendered_whatever_is_observed() -> None:
    env = gymnasium.make_vec("Windup-v0", num_envs=2, obs="state", render_mode="rgb_array")
    frames = gymnasium.make_vec("Windup-v0", num_envs=2, size=320)
    env.reset(seed=3)
    seen, _ = frames.reset(seed=3)
    for action in (2, 8, 8, 0):
        np.testing.assert_array_equal(np.stack(env.render()), seen)
        env.step(np.full(2, action))
        seen = frames.step(np.full(2, action))[0]
    assert frames.render() is None
    env.close()
    frames.close()


def test_what_was_handed_out_stays_as_it_was() -> None:
    for kind in KINDS[:2]:
        env = gymnasium.make_vec("Windup-v0", num_envs=3, **kind)
        held = [env.reset(seed=0), *(env.step(np.full(3, 2)) for _ in range(3))]
        copies = copy.deepcopy(held)
        for _ in range(20):
            env.step(np.full(3, 4))
        assert same(held, copies)
        env.close()


@settings(max_examples=25, deadline=None)
@given(
    before=st.lists(st.integers(0, len(ACTIONS) - 1), max_size=80),
    between=st.lists(st.integers(0, len(ACTIONS) - 1), max_size=80),
    after=st.lists(st.integers(0, len(ACTIONS) - 1), min_size=1, max_size=80),
    seed=st.integers(0, 2**32),
)
def test_a_saved_episode_goes_on_as_it_did(
    env: WindupEnv, before: list[int], between: list[int], after: list[int], seed: int
) -> None:
    env.reset(seed=seed)
    play(env, before)
    state = env.save()
    went_on = play(env, after)
    env.reset(seed=seed + 1)
    play(env, between)
    observation, info = env.load(state)
    assert env.save() == state
    if before:
        assert observation in env.observation_space
    assert info["level_frames"] <= went_on[0][4]["level_frames"]
    assert same(play(env, after), went_on)
    other = WindupEnv(obs="state", stuck_steps=60)
    other.load(state)
    assert same(play(other, after), went_on)
    other.close()


def test_games_of_a_vector_environment_are_saved_one_by_one() -> None:
    env = WindupVectorEnv(3, obs="state", levels=f"Playroom.Act1,{GENERATED}", max_episode_steps=30)
    env.reset(seed=1)
    actions = np.random.default_rng(1).integers(len(ACTIONS), size=(60, 3))
    for row in actions[:30]:
        env.step(row)
    # All episodes are over here, which is part of what is saved.
    states = [env.save(i) for i in range(3)]
    went_on = [env.step(row) for row in actions[30:]]
    other = WindupVectorEnv(3, obs="state", levels=f"Playroom.Act1,{GENERATED}", max_episode_steps=30)
    for i, state in enumerate(states):
        other.load(i, state)
    assert same([other.step(row) for row in actions[30:]], went_on)
    env.close()
    other.close()


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_episodes_are_refused(env: WindupEnv, data: st.DataObject) -> None:
    env.reset(seed=1)
    play(env, [2, 8, 8])
    state = env.save()
    place = data.draw(st.integers(0, len(state) - 1))
    damaged = bytearray(state)
    damaged[place] ^= data.draw(st.integers(1, 255))
    for bad in (bytes(damaged), state[:place], b"", state + b"x"):
        with pytest.raises(StateError):
            env.load(bad)
        assert env.save() == state


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
def test_copies_go_on_by_themselves(copied: Any) -> None:
    single: gymnasium.Env = gymnasium.make("Windup-v0", split="generated:2", max_episode_steps=50)
    vector = gymnasium.make_vec("Windup-v0", num_envs=3, obs="state", max_episode_steps=50)
    for env, actions in ((single, [np.int64(i % 10) for i in range(40)]), (vector, list(np.eye(3, 40, dtype=int).T))):
        # One that was not begun is copied, too.
        copied(env).close()
        env.reset(seed=2)
        for action in actions[:20]:
            env.step(action)
        twin = copied(env)
        went_on = [env.step(action) for action in actions[20:]]
        assert same([twin.step(action) for action in actions[20:]], went_on)
        env.close()
        assert same(twin.reset()[1].keys(), went_on[0][4].keys())
        twin.close()


def test_closing_is_for_good_and_may_be_repeated() -> None:
    for env in (WindupEnv(), WindupVectorEnv(2)):
        env.reset(seed=0)
        env.close()
        env.close()
        with pytest.raises(ValueError, match="the games are closed"):
            env.reset()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({"obs": "pixels"}, "obs: 'pixels'; frames or state is allowed"),
        ({"size": 96}, "size: 96; 64, 128, and None or 320"),
        ({"frame_skip": 0}, "frame_skip: 0; a whole number from 1 on is allowed"),
        ({"frame_skip": 2.5}, "frame_skip: 2.5; a whole number"),
        ({"frame_skip": 1 << 30}, "frame_skip: 1073741824; from 1 to"),
        ({"threads": True}, "threads: True; a whole number"),
        ({"sticky": 1.5}, "sticky: 1.5; a number from 0 to 1 is allowed"),
        ({"sticky": "x"}, "sticky: 'x'; a number from 0 to 1"),
        ({"stuck_steps": 0}, "stuck_steps: 0; a whole number"),
        ({"render_mode": "ansi"}, "render_mode: 'ansi'; None and rgb_array are allowed"),
        ({"levels": []}, "levels: []; one name or more is allowed"),
        ({"levels": "Playroom.Act1,Playroom.Act10"}, "levels: 'Playroom.Act10'; names of the 58"),
        ({"levels": [3]}, "levels: 3; names of the 58"),
        ({"levels": "GeneratedGarden.Seed0.Level1"}, "level 1 of seed 0 is GeneratedPlayroom.Seed0.Level1"),
        ({"levels": "Playroom.Act1", "split": "train"}, "levels: 'Playroom.Act1' beside split 'train'; one of the two"),
        ({"split": "test"}, "split: 'test'; train, validation, "),
        ({"split": "generated:0"}, "split: 'generated:0': number of levels 0: 1 to 50,000 are allowed"),
        ({"split": "generated:x"}, "split: 'generated:x': split "),
        ({"split": 5}, "split: 5; train"),
    ],
    ids=str,
)
def test_bad_arguments_are_told_in_one_line(arguments: dict[str, Any], line: str) -> None:
    for make in (WindupEnv, WindupVectorEnv):
        with pytest.raises(ValueError, match=r"\w") as raised:
            make(**arguments)
        assert line in str(raised.value)
        assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({"num_envs": 0}, "num_envs: 0; a whole number from 1 on is allowed"),
        ({"max_episode_steps": -1}, "max_episode_steps: -1; a whole number"),
        ({"autoreset_mode": "Disabled"}, "autoreset_mode: 'Disabled'; NextStep or SameStep is allowed"),
        ({"autoreset_mode": AutoresetMode.DISABLED}, "NextStep or SameStep is allowed"),
    ],
    ids=str,
)
def test_bad_arguments_of_the_vector_environment_are_told(arguments: dict[str, Any], line: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as raised:
        WindupVectorEnv(**arguments)
    assert line in str(raised.value)


def test_bad_calls_are_told_in_one_line() -> None:
    env = WindupVectorEnv(2, obs="state")
    single = WindupEnv(obs="state")
    calls: list[tuple[Any, str]] = [
        (lambda: env.step(np.zeros(2, int)), "was not begun"),
        (lambda: single.step(np.int64(0)), "was not begun"),
        (lambda: env.reset(seed=[1, 2, 3]), "seed: 3 seeds; a number or 2 seeds are allowed"),
        (lambda: env.reset(options={"lever": 1}), "options: 'lever'; level is allowed"),
        (lambda: env.reset(options={"level": ["Attic.Act1"]}), "options: level: 1 names; one or 2 are allowed"),
        (lambda: single.reset(options={"level": "Attic.Act9"}), "options: level: 'Attic.Act9'; names of the 58"),
        (lambda: single.save(), "was not begun"),
    ]
    for call, line in calls:
        with pytest.raises(ValueError, match=r"\w") as raised:
            call()
        assert line in str(raised.value)
    env.reset(seed=0)
    single.reset(seed=0)
    for call in (lambda: env.step(np.array([0, 10])), lambda: single.step(np.int64(-1)), lambda: env.step(np.zeros(2))):
        with pytest.raises(ValueError, match="allowed"):
            call()
    with Games(2, size=0) as games, pytest.raises(ValueError, match=r"out: .*int32 \(2, 17\) is allowed"):
        games.all_variables(np.zeros((2, 3), np.int32))
    env.close()
    single.close()


def test_without_the_library_one_line_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    library_module.library.cache_clear()
    monkeypatch.setattr(library_module, "find_spec", lambda name: None)
    try:
        with pytest.raises(NativeUnavailable, match="at installation there was no C compiler"):
            gymnasium.make("Windup-v0")
        with pytest.raises(NativeUnavailable, match="at installation there was no C compiler"):
            gymnasium.make_vec("Windup-v0", num_envs=2)
    finally:
        library_module.library.cache_clear()


@pytest.mark.parametrize(
    "code",
    [
        "import gymnasium, windup; assert 'Windup-v0' in gymnasium.registry; loaded = sys.modules;"
        "assert not {'windup.environment', 'windup.native', 'torch', 'ray', 'stable_retro'} & set(loaded)",
        # As where the native game is built.
        "sys.modules['gymnasium'] = None; import windup.leveling.level_file",
    ],
)
def test_importing_the_package_loads_no_game_and_needs_no_gymnasium(code: str) -> None:
    subprocess.run([sys.executable, "-c", f"import sys; {code}"], check=True)
