"""The 58 levels: what they hold, and that they are what they claim to be."""

from dataclasses import replace

import numpy as np
import pytest

from tests.windup.chosen_levels import PROOF
from tests.windup.compilers import need
from windup.leveling.generate import generate
from windup.leveling.level_file import LEVELS, TERRAIN, ZONES, LevelFile, read_levels
from windup.tools.plans import PLANS
from windup.tools.search import Searcher
from windup.tools.solutions import read_solution

pytestmark = pytest.mark.slow

PADS = (0, 4, 8, 6, 10, 2, 18, 20, 24, 16)
"""Of the ten actions of actors/games/games.py."""
RIGHT = 2


@pytest.fixture(scope="module")
def levels() -> list[LevelFile]:
    return read_levels()


@pytest.fixture(scope="module")
def searcher(levels: list[LevelFile]) -> Searcher:
    need("cc")
    return Searcher(levels)


def test_there_are_47_and_11_and_a_zone_that_is_only_validated_on(levels: list[LevelFile]) -> None:
    splits = [level.split for level in levels]
    assert (splits.count("train"), splits.count("validation")) == (47, 11)
    trained = {level.zone for level in levels if level.split == "train"}
    assert set(ZONES) - trained == {"Attic"}
    assert len({level.rows for level in levels}) == 58


def test_levels_have_the_contest_s_sizes(levels: list[LevelFile]) -> None:
    assert all(3000 <= level.width * 16 <= 11_008 and level.height * 16 <= 1024 for level in levels)


def test_enough_levels_have_barriers(levels: list[LevelFile]) -> None:
    with_barriers = [level for level in levels if level.barriers]
    assert len(with_barriers) >= 20
    assert sum(level.split == "validation" for level in with_barriers) >= 4
    assert {kind for level in with_barriers for kind in level.barriers} == {"switch", "spring", "run-up"}


def test_every_level_has_two_routes_somewhere(levels: list[LevelFile]) -> None:
    for level in levels:
        # Ground to stand on with at least four rows of air below it and ground again: a way above a way.
        assert any(_floors(level, x) >= 2 for x in range(level.width)), level.name


def test_every_kind_of_thing_is_in_many_levels_of_more_than_one_zone(levels: list[LevelFile]) -> None:
    for character in "/\\12-^%><Aosrwfhmvxt":
        zones = {level.zone for level in levels if level.find(character)}
        assert len(zones) >= 2, character


def test_the_generator_writes_the_files_that_are_there() -> None:
    for plan in PLANS:
        assert generate(plan).text() == (LEVELS / f"{plan.name}.txt").read_text()
    hand_made = {file.stem for file in LEVELS.glob("*.txt")} - {plan.name for plan in PLANS}
    assert len(hand_made) == 7


def test_another_seed_is_another_level() -> None:
    plan = PLANS[0]
    assert generate(replace(plan, seed=99)).rows != generate(plan).rows


def test_every_level_can_be_finished(searcher: Searcher, levels: list[LevelFile]) -> None:
    for level in levels:
        assert _score(searcher, level.name, read_solution(level.name).actions, None) > 9500, level.name


def test_barriers_stop_play_that_never_turns_back(searcher: Searcher, levels: list[LevelFile]) -> None:
    for level in [level for level in levels if level.barriers][:: 1 if PROOF else 3]:
        solution = read_solution(level.name)
        # A way that is soon found must not make this easy: a flight over a barrier takes a search some millions.
        frames = max(10 * solution.frames, 4_000_000)
        result = searcher.search(level.name, solution.seed, frames, turns_back=False)
        assert result.actions is None, level.name
        assert result.frames >= frames


def test_other_levels_do_not_stop_it(searcher: Searcher, levels: list[LevelFile]) -> None:
    for level in levels:
        if not level.barriers:
            assert searcher.search(level.name, 0, 2_000_000, turns_back=False).actions is not None, level.name


def test_a_search_is_the_same_each_time(searcher: Searcher, levels: list[LevelFile]) -> None:
    solution = read_solution(levels[0].name)
    result = searcher.search(levels[0].name, solution.seed, 4_000_000)
    assert (result.actions, result.frames) == (solution.actions, solution.frames)


def test_simple_play_scores_below_40_percent_of_the_solutions(searcher: Searcher, levels: list[LevelFile]) -> None:
    for split in ("train", "validation"):
        own = [level for level in levels if level.split == split]
        best = np.mean([_score(searcher, level.name, read_solution(level.name).actions, None) for level in own])
        print(f"\n{split}: the recorded solutions score {best:,.0f}")
        for kind in ("right", "random"):
            scores = []
            for level in own:
                rng = np.random.default_rng(len(scores))
                actions = [RIGHT] * 4500 if kind == "right" else rng.integers(0, 10, 4500).tolist()
                scores.append(_score(searcher, level.name, actions, rng))
            assert np.mean(scores) < 0.4 * best, (split, kind, np.mean(scores))


def _floors(level: LevelFile, x: int) -> int:
    """Places in a column where there is ground with three rows of air above it."""
    column = "..." + "".join(row[x] if row[x] in TERRAIN else "." for row in level.rows)
    return sum(column[y] in "#-%" and column[y - 3 : y] == "..." for y in range(3, len(column)))


def _score(searcher: Searcher, level: str, actions: list[int], sticky: np.random.Generator | None) -> int:
    """The contest's score of an episode; with a generator the actions stick."""
    game = searcher.game
    game.start(level)
    game.frames(0, 1)
    before = None
    for action in actions:
        late = sticky is not None and before is not None and sticky.random() < 0.25
        game.frames(PADS[before if late and before is not None else action], 1)
        for _ in range(3):
            if game.view.lives == 3 and not game.view.level_end_bonus:
                game.frames(PADS[action], 1)
        view = game.view
        if view.lives < 3 or view.level_end_bonus:
            return int(view.progress + view.contest_bonus)
        before = action
    return int(game.view.progress)
