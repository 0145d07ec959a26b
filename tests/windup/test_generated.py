"""Levels of the split windup-generated: named, the same everywhere, none of the 58, and playable as those are."""

import hashlib
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.windup.compilers import need
from windup.generated import (
    SEARCH_FRAMES,
    SEARCH_SEED,
    GeneratedError,
    candidates,
    generated_names,
    is_generated,
    level_of_name,
    split_names,
)
from windup.level_data import compile_level
from windup.leveling.level_file import (
    GATES,
    GOAL,
    MAX_HEIGHT,
    MAX_WIDTH,
    MIN_HEIGHT,
    MIN_WIDTH,
    START,
    SWITCHES,
    ZONES,
    LevelFile,
    read_levels,
)
from windup.tools.search import Searcher

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SAMPLE = [*generated_names(18), *generated_names(60, 7)[48:]]


@pytest.fixture(scope="module")
def levels() -> list[LevelFile]:
    return [next(candidates(name)) for name in SAMPLE]


@pytest.fixture(scope="module")
def searcher(levels: list[LevelFile]) -> Searcher:
    need("cc")
    return Searcher(levels)


def digest(levels: list[LevelFile]) -> str:
    return hashlib.sha256("".join(level.text() for level in levels).encode()).hexdigest()


def test_a_name_stands_for_the_same_level_in_every_process(levels: list[LevelFile]) -> None:
    code = (
        "from tests.windup.test_generated import SAMPLE, candidates, digest;"
        "print(digest([next(candidates(name)) for name in reversed(SAMPLE)][::-1]))"
    )
    for hashes in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": hashes}
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, check=True)
        assert done.stdout.decode().strip() == digest(levels)


def test_what_results_were_got_on_does_not_change(levels: list[LevelFile]) -> None:
    """A change of the generator that changes these levels is a change of the split: results on it compare no more."""
    assert digest(levels) == "51cf7deb4ad9c8800a70e10a74f27a0bb8d8a8ad0a5c9567342c86e3def02b0c"


def test_names_tell_seed_number_and_zone() -> None:
    names = generated_names(7, 12)
    assert names[0] == "GeneratedPlayroom.Seed12.Level1"
    assert Counter(name.partition(".")[0] for name in names) == {
        "GeneratedPlayroom": 2,
        **{f"Generated{zone}": 1 for zone in ("BlockCity", "TrainYard", "Clockwork", "Garden", "Bathtub")},
    }
    assert split_names("windup-generated:7+12") == names
    assert split_names("windup-generated:5") == generated_names(5, 0) == generated_names(9)[:5]
    assert all(is_generated(word) for word in (*names, "windup-generated", "windup-generated:0", "GeneratedGarden"))
    assert not any(is_generated(word) for word in ("windup-train", "Garden.Act1", "windup-generatedly"))


@given(st.integers(1, 50_000), st.integers(0, 999_999_999))
def test_every_name_of_a_split_has_a_level(number: int, seed: int) -> None:
    name = generated_names(number, seed)[-1]
    level = next(candidates(name))
    assert (level.name, level.split, f"Generated{level.zone}") == (name, "windup-generated", name.partition(".")[0])
    assert level.zone in ZONES
    assert level.zone != "Attic"
    assert MIN_WIDTH <= level.width <= MAX_WIDTH
    assert MIN_HEIGHT <= level.height <= MAX_HEIGHT
    assert {len(row) for row in level.rows} == {level.width}
    assert (len(level.find(START)), len(level.find(GOAL))) == (1, 1)
    assert all(bool(level.find(switch)) == bool(level.find(gate)) for switch, gate in zip(SWITCHES, GATES, strict=True))
    # The act, as the game's variable shows it, is none of the 58's.
    assert compile_level(level).header[-1] == 255


@pytest.mark.parametrize(
    ("split", "error"),
    [
        ("windup-generated", "split 'windup-generated': allowed are windup-generated:N and windup-generated:N+SEED"),
        ("windup-generated:", "allowed are"),
        ("windup-generated:ten", "allowed are"),
        ("windup-generated:-1", "allowed are"),
        ("windup-generated:1+", "allowed are"),
        ("windup-train:5", "allowed are"),
        ("windup-generated:\u0663", "allowed are"),
        ("windup-generated:0", "number of levels 0: 1 to 50,000 are allowed"),
        ("windup-generated:50001", "number of levels 50001: 1 to 50,000 are allowed"),
        ("windup-generated:5+1000000000", "seed 1000000000: 0 to 999,999,999 are allowed"),
    ],
)
def test_a_wrong_split_is_refused(split: str, error: str) -> None:
    with pytest.raises(GeneratedError) as raised:
        split_names(split)
    assert error in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("Garden.Act1", "level 'Garden.Act1': generated ones are named as GeneratedPlayroom.Seed0.Level1 is"),
        ("GeneratedGarden.Seed0.Level6", "level 6 of seed 0 is GeneratedBathtub.Seed0.Level6"),
        ("GeneratedAttic.Seed0.Level7", "level 7 of seed 0 is GeneratedPlayroom.Seed0.Level7"),
        ("GeneratedPlayroom.Seed0.Level01", "level 1 of seed 0 is GeneratedPlayroom.Seed0.Level1"),
        ("GeneratedPlayroom.Seed0.Level0", "level number 0: 1 to 50,000 are allowed"),
        ("GeneratedPlayroom.Seed1234567890.Level1", "seed 1234567890: 0 to 999,999,999 are allowed"),
    ],
)
def test_a_wrong_name_is_refused(name: str, error: str) -> None:
    with pytest.raises(GeneratedError) as raised:
        level_of_name(name, lambda level: True)
    assert error in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_level_that_is_not_finished_gives_way_to_the_next_candidate() -> None:
    name = SAMPLE[0]
    all_of_it = list(candidates(name))
    assert len({level.rows for level in all_of_it}) == len(all_of_it) > 4
    taken: list[LevelFile] = []

    def third(level: LevelFile) -> bool:
        taken.append(level)
        return len(taken) == 3

    assert level_of_name(name, third) == all_of_it[2]
    assert taken == all_of_it[:3]
    with pytest.raises(RuntimeError, match=f"{name}: the search finishes none of 8 candidates"):
        level_of_name(name, lambda level: False)


def test_none_is_one_of_the_58_or_another(levels: list[LevelFile]) -> None:
    rows = [level.rows for level in [*levels, *read_levels()]]
    assert len(set(rows)) == len(SAMPLE) + 58


def test_barriers_are_mixed_as_in_the_58() -> None:
    mixes = Counter(next(candidates(name)).barriers for name in generated_names(240))
    assert 0.25 < mixes[()] / 240 < 0.5
    assert set(mixes) == {(), ("switch",), ("run-up",), ("spring",), ("switch", "run-up")}


def test_the_search_finishes_every_one(searcher: Searcher, levels: list[LevelFile]) -> None:
    for level in levels:
        assert searcher.search(level.name, SEARCH_SEED, SEARCH_FRAMES).actions is not None, level.name


def test_barriers_stop_play_that_never_turns_back_and_nothing_else_does(
    searcher: Searcher, levels: list[LevelFile]
) -> None:
    with_barriers = [level for level in levels if level.barriers]
    assert len(with_barriers) > 10
    for level in levels:
        result = searcher.search(level.name, 1, 4_000_000 if level.barriers else 8_000_000, turns_back=False)
        assert (result.actions is None) == bool(level.barriers), level.name
