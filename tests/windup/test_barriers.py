"""Levels that begin shortly before a barrier: they are won by whoever turns back, and by nobody else."""

import json

import numpy as np
import pytest

from tests.windup.compilers import need
from windup.barriers import BARRIER_SPLITS, MOST_STEPS, barriers
from windup.choice import chosen_levels
from windup.environment import WindupVectorEnv
from windup.game import GAME, INTEGRATIONS
from windup.leveling.level_file import read_levels
from windup.native.games import Games
from windup.native.level_numbers import level_number
from windup.native.library import add_barrier
from windup.native.pads import PADS
from windup.runs import pack, unpack
from windup.tools.barriers import STARTS, go_to, read_starts, starts_of
from windup.tools.plans import PLANS
from windup.tools.search import Searcher
from windup.tools.solutions import read_solution

pytestmark = pytest.mark.slow

RIGHT = 2
EVERY = list(barriers())


@pytest.fixture
def game() -> Games:
    return Games(1, 0)


def play(game: Games, actions: list[int]) -> tuple[bool, int, float]:
    """Until the episode ends: whether it did, the player's x, and the return."""
    total = 0.0
    for action in actions:
        rewards, over, _, positions = game.step([action], [False])
        total += float(rewards[0])
        if over[0]:
            return True, int(positions[0, 0]), total
    return False, game.variables(0)["x"], total


def test_each_level_with_barriers_has_them_in_the_split_of_its_own() -> None:
    files = {level.name: level for level in read_levels() if level.barriers}
    assert {barrier.level for barrier in barriers().values()} == set(files)
    assert len(files) == 32
    for name, barrier in barriers().items():
        assert name.rpartition(".Barrier")[0] == barrier.level
        assert barrier.split == f"{files[barrier.level].split}-barriers"
        assert barrier.kind in files[barrier.level].barriers
    splits = [barrier.split for barrier in barriers().values()]
    assert [splits.count(split) for split in BARRIER_SPLITS] == [30, 9]
    levels = {split: {b.level for b in barriers().values() if b.split == split} for split in BARRIER_SPLITS}
    assert [len(levels[split]) for split in BARRIER_SPLITS] == [25, 7]


def test_the_manifest_tells_what_the_recorded_starts_are() -> None:
    starts = read_starts()
    assert [start.name for start in starts] == EVERY
    for start in starts:
        barrier = barriers()[start.name]
        assert list(barrier.actions) == read_solution(barrier.level).actions[: start.steps]
        assert (barrier.pass_x, barrier.kind) == (start.pass_x, start.kind)
    manifest = json.loads((INTEGRATIONS / GAME / "levels.json").read_text())
    assert len(manifest["levels"]) == 58


@pytest.mark.parametrize("name", EVERY)
def test_the_recorded_play_passes_and_who_holds_right_does_not(game: Games, name: str) -> None:
    barrier, number = barriers()[name], level_number(name)
    game.reset([0], number)
    begun = game.variables(0)
    assert begun["lives"] == 3
    rest = read_solution(barrier.level).actions[len(barrier.actions) :]
    over, x, gained = play(game, rest[: MOST_STEPS - 1])
    assert over
    assert barrier.pass_x <= x < barrier.pass_x + 64
    assert gained == game.variables(0)["progress"] - begun["progress"] > 0
    assert game.variables(0)["lives"] == 3
    game.reset([0], number)
    over, x, _ = play(game, [RIGHT] * MOST_STEPS)
    assert x < barrier.pass_x
    # A screen's width and the flat ground before it lie between the start and the barrier.
    assert barrier.pass_x - begun["x"] > 320


def test_it_begins_as_its_level_is_after_the_recorded_play() -> None:
    barrier = barriers()["Attic.Act3.Barrier2"]
    games = Games(2, 64)
    games.reset([0, 1], [level_number(barrier.name), level_number(barrier.level)])
    for action in barrier.actions:
        games.step([0, action], [False, False], [False, True])
    assert (games.frames[0] == games.frames[1]).all()
    assert games.variables(0) == games.variables(1)
    rng = np.random.default_rng(0)
    for _ in range(40):
        actions = np.repeat(rng.integers(10), 2)
        rewards, over, _, positions = games.step(actions, [False, False])
        assert rewards[0] == rewards[1]
        assert (positions[0] == positions[1]).all()
        assert not over.any()
    assert (games.frames[0] == games.frames[1]).all()


def test_its_first_step_has_no_action_before_it() -> None:
    games = Games(2, 0)
    games.reset([0, 1], level_number(EVERY[0]))
    for _ in range(8):
        games.step([7, 7], [False, False])
    games.reset([0, 1], level_number(EVERY[0]))
    _, _, _, positions = games.step([1, 1], [True, False])
    assert (positions[0] == positions[1]).all()


def test_states_saved_in_it_are_its_own(game: Games) -> None:
    game.reset([0], level_number(EVERY[0]))
    play(game, [RIGHT] * 30)
    state = game.save(0)
    game.reset([0], 0)
    game.load(0, state)
    assert game.level(0) == level_number(EVERY[0])
    rest = play(game, [RIGHT] * 20)
    game.load(0, state)
    assert play(game, [RIGHT] * 20) == rest


def test_it_is_added_once() -> None:
    barrier = barriers()[EVERY[0]]
    pads = PADS[list(barrier.actions)].tobytes()
    of = level_number(barrier.level)
    assert add_barrier(of, pads, barrier.pass_x) == level_number(barrier.name)
    assert add_barrier(of, pads, barrier.pass_x + 1) != level_number(barrier.name)
    assert add_barrier(of, pads[:-1], barrier.pass_x) != level_number(barrier.name)


def test_starts_that_cannot_be_are_refused() -> None:
    barrier = barriers()[EVERY[0]]
    of, pads = level_number(barrier.level), PADS[list(barrier.actions)].tobytes()
    to_the_goal = PADS[read_solution(barrier.level).actions].tobytes()
    refused = {
        "no level": (-1, pads, 4000),
        "nor this": (58_000, pads, 4000),
        "beyond it already": (of, pads, 200),
        "the episode has ended": (of, to_the_goal, 30_000),
        "a barrier has no barriers": (level_number(EVERY[0]), b"", 9000),
    }
    for why, start in refused.items():
        try:
            number = add_barrier(*start)
        except ValueError:
            continue
        pytest.fail(f"{why}: it is level {number}")


def test_play_that_turns_back_passes_and_the_starts_are_what_the_tool_finds() -> None:
    need("cc")
    # Of each kind, and the level of which one barrier stops nobody.
    names = ("Playroom.Act3", "Garden.Act6", "Bathtub.Act9", "Attic.Act3")
    plans = [plan for plan in PLANS if plan.name in names]
    searcher = Searcher([level for level in read_levels() if level.name in names])
    result = [start for plan in plans for start in starts_of(plan, searcher)]
    assert result == [start for start in read_starts() if start.name.rpartition(".")[0] in names]
    for start in result:
        level = start.name.rpartition(".")[0]
        go_to(searcher, level, PADS[read_solution(level).actions[: start.steps]])
        assert searcher.search_on(start.pass_x, 0, 1_000_000).actions is not None, start.name


def test_runs_are_read_as_they_were_written() -> None:
    actions = np.random.default_rng(0).integers(0, 10, 500).tolist() + [3] * 40
    assert unpack(" ".join(pack(actions))) == actions
    assert pack([]) == []
    assert unpack("") == []
    assert STARTS.is_file()


def test_as_an_environment_an_episode_is_cut_after_1000_steps_and_ends_where_it_is_passed() -> None:
    env = WindupVectorEnv(2, split="validation-barriers", obs="state", sticky=0.0)
    name = "Attic.Act4.Barrier1"
    barrier = barriers()[name]
    rest = read_solution(barrier.level).actions[len(barrier.actions) :]
    env.reset(seed=0, options={"level": name})
    passed = None
    for step in range(1, MOST_STEPS + 1):
        played = rest[step - 1] if passed is None else 0
        _, _, terminated, truncated, _ = env.step(np.array([played, RIGHT]))
        if terminated[0] and passed is None:
            passed = step
        assert bool(truncated[1]) == (step == MOST_STEPS)
        assert not terminated[1]
    assert passed is not None
    assert passed < len(rest)
    env.close()


def test_the_environment_s_splits_are_these() -> None:
    assert chosen_levels("train-barriers", None) == [b.name for b in barriers().values() if b.split == "train-barriers"]
    assert chosen_levels(None, "Attic.Act4.Barrier2") == ["Attic.Act4.Barrier2"]
    with pytest.raises(ValueError, match="train-barriers, validation-barriers"):
        chosen_levels("barriers", None)
    with pytest.raises(ValueError, match=r"Attic.Act4.Barrier3.*of barriers are allowed"):
        chosen_levels(None, "Attic.Act4.Barrier3")
