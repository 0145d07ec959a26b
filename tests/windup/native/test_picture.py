"""The native game and the emulator show, pay and tell the same, on every frame of two plays of each level."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.windup.chosen_levels import chosen_levels
from tests.windup.native.beside_emulator import FRAMES, Played, play

pytestmark = pytest.mark.slow

NAMES = [level.name for level in chosen_levels()]


@pytest.fixture(scope="module")
def plays(tmp_path_factory: pytest.TempPathFactory) -> list[Played]:
    folder = tmp_path_factory.mktemp("plays")
    with ThreadPoolExecutor(2) as pool:
        halves = pool.map(lambda i: play(folder / f"{i}.json", NAMES[i::2]), range(2))
        return [played for half in halves for played in half]


@pytest.mark.timeout(1200)
def test_every_screen_observation_reward_and_variable_is_the_emulator_s(plays: list[Played]) -> None:
    assert {(played.level, played.kind) for played in plays} == {
        (name, kind) for name in NAMES for kind in ("recorded, then random", "random and sticky")
    }
    assert all(played.frames >= FRAMES for played in plays)
    assert {f"{played.level}, {played.kind}": played.differ for played in plays if played.differ} == {}


def test_the_plays_see_the_ends_of_episodes_and_the_display_off(plays: list[Played]) -> None:
    recorded = [played for played in plays if played.kind == "recorded, then random"]
    assert all(played.over for played in recorded), "each reaches its goal"
    assert sum(played.over for played in plays if played not in recorded) > len(NAMES), "lives are lost"
    assert sum(played.blank for played in plays) > len(NAMES)
