"""Levels by name in the native game: the 58, and generated ones, which are searched for a way before play."""

import threading
from dataclasses import replace

import pytest

import windup.generated
from tests.windup.compilers import need
from windup.generated import SEARCH_FRAMES, SEARCH_SEED, GeneratedError, candidates, generated_names
from windup.leveling.level_file import ZONES
from windup.native.games import Games
from windup.native.level_numbers import level_number
from windup.tools.search import Searcher

pytestmark = pytest.mark.usefixtures("compiler")


@pytest.fixture(scope="module")
def compiler() -> None:
    need("cc")


def test_the_58_are_numbered_as_on_the_console() -> None:
    with Games(1) as games:
        number = 0
        for zone, acts in enumerate(ZONES.items()):
            for act in range(acts[1]):
                assert level_number(f"{acts[0]}.Act{act + 1}") == number
                games.reset([0], number)
                assert (games.variables(0)["zone"], games.variables(0)["act"]) == (zone, act)
                number += 1
    assert number == 58


def test_a_generated_level_is_played_to_its_goal() -> None:
    names = generated_names(6, 3)
    levels = [next(candidates(name)) for name in names]
    searcher = Searcher(levels)
    with Games(1) as games:
        for zone, level in enumerate(levels):
            result = searcher.search(level.name, SEARCH_SEED, SEARCH_FRAMES)
            assert result.actions is not None
            number = level_number(level.name)
            assert number >= 58
            assert level_number(level.name) == number
            games.reset([0], number)
            # What a step brings may be told in the next one's first frame only.
            for action in [*result.actions, 0]:
                _, over, _, _ = games.step([action], [False])
                if over[0]:
                    break
            known = games.variables(0)
            assert (known["level_end_bonus"], known["zone"]) == (1, zone)
            assert (known["act"], known["progress"]) == (255, 9000)


def test_a_candidate_with_no_way_is_not_handed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    name = generated_names(2, 4)[1]
    first, second = list(candidates(name))[:2]
    walled = replace(first, rows=tuple(row[:60] + "#" * 8 + row[68:] for row in first.rows))
    monkeypatch.setattr(windup.generated, "candidates", lambda _: iter([walled, second]))
    number = level_number.__wrapped__(name)
    with Games(1) as games:
        games.reset([0], number)
        assert games.variables(0)["screen_x_end"] == second.width * 16 - 320 != walled.width * 16 - 320


def test_threads_that_search_at_once_find_the_same() -> None:
    names = generated_names(30, 5)[24:]
    alone = [level_number(name) for name in names]
    numbers: list[list[int]] = []

    def ask() -> None:
        numbers.append([level_number.__wrapped__(name) for name in names])

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert numbers == [alone] * 3


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("Garden.Act10", ValueError, "level: 'Garden.Act10'; one of the 58, such as Playroom.Act1, a generated one or"),
        ("GeneratedGarden.Act1", GeneratedError, "generated ones are named as"),
    ],
)
def test_an_unknown_name_is_refused(name: str, error: type[ValueError], message: str) -> None:
    with pytest.raises(error) as raised:
        level_number(name)
    assert message in str(raised.value)
