import pytest
import stable_retro

from actors import games
from actors.contest_levels import SONIC_1, SONIC_2, SONIC_3
from actors.levels import SPLITS, Level, LevelError, known_levels, require_roms, select_levels, split_of


def test_the_contest_s_levels_are_47_and_11_and_all_in_stable_retro() -> None:
    train, validation = SPLITS["contest-train"], SPLITS["contest-validation"]
    assert (len(set(train)), len(set(validation))) == (47, 11)
    assert not set(train) & set(validation)
    of_the_games = {level for level in known_levels() if level.game in (SONIC_1, SONIC_2, SONIC_3)}
    assert set(train) | set(validation) == of_the_games
    assert [sum(level.game == game for level in train) for game in (SONIC_1, SONIC_2, SONIC_3)] == [13, 15, 19]
    assert [sum(level.game == game for level in validation) for game in (SONIC_1, SONIC_2, SONIC_3)] == [4, 3, 4]


def test_menus_are_no_levels_and_all_that_stable_retro_lists_are() -> None:
    ours = stable_retro.data.Integrations.CUSTOM
    games = [game for game in stable_retro.data.list_games(ours) if game.endswith("-Genesis-v0")]
    listed = [Level(game, state) for game in games for state in stable_retro.data.list_states(game, ours)]
    assert list(known_levels()) == sorted(listed)


def test_every_level_has_at_most_one_split() -> None:
    assert split_of(Level(SONIC_1, "SpringYardZone.Act1")) == "contest-validation"
    assert split_of(Level(SONIC_1, "GreenHillZone.Act1")) == "contest-train"
    assert split_of(Level("Airstriker-Genesis-v0", "Level1")) == ""


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("Airstriker-Genesis-v0", ["Airstriker-Genesis-v0/Level1"]),
        (" Airstriker-Genesis-v0/Level1 , Airstriker-Genesis-v0", ["Airstriker-Genesis-v0/Level1"]),
        (f"{SONIC_1}/GreenHill*", [f"{SONIC_1}/GreenHillZone.Act{act}" for act in (1, 2, 3)]),
        ("Airstriker*", ["Airstriker-Genesis-v0/Level1"]),
        (f"{SONIC_1}/GreenHillZone", [f"{SONIC_1}/GreenHillZone.Act{act}" for act in (1, 2, 3)]),
        ("GreenHillZone", [f"{SONIC_1}/GreenHillZone.Act{act}" for act in (1, 2, 3)]),
        ("GreenHillZone.Act2", [f"{SONIC_1}/GreenHillZone.Act2"]),
        (f"{SONIC_2}/WingFortressZone", [f"{SONIC_2}/WingFortressZone"]),
        (
            f"{SONIC_2}/WingFortressZone,{SONIC_1}/MarbleZone.Act2",
            [f"{SONIC_2}/WingFortressZone", f"{SONIC_1}/MarbleZone.Act2"],
        ),
    ],
)
def test_levels_are_chosen_by_game_zone_state_or_pattern(spec: str, expected: list[str]) -> None:
    assert [str(level) for level in select_levels(spec)] == expected


def test_a_split_is_all_of_its_levels() -> None:
    assert select_levels("contest-validation,contest-train") == [
        *SPLITS["contest-validation"],
        *SPLITS["contest-train"],
    ]


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("", "missing"),
        ("Airstriker-Genesis-v0,", "missing"),
        ("Airstrike-Genesis-v0", "do you mean Airstriker-Genesis-v0"),
        (f"{SONIC_1}/GreenHillZone.Act4", "GreenHillZone.Act3"),
        (f"{SONIC_1}/qqq", "sonic-worlds levels"),
        ("*nothing*", "matches no level"),
        ("Airstrike-*", "do you mean Airstriker-Genesis-v0"),
        (f"{SONIC_1}/GreenHilZone*", "GreenHillZone.Act1"),
        (f"{SONIC_1}/*nothing", "matches no level"),
        ("contest-tran", "contest-train"),
        ("/", "is no game"),
        ("GreenHilZone", "GreenHillZone"),
        ("Level1", "games; say which, as in "),
    ],
)
def test_what_names_no_level_is_told_with_what_is_near(spec: str, told: str) -> None:
    with pytest.raises(LevelError) as caught:
        select_levels(spec)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_rom_is_told_with_the_commands_that_mend_it() -> None:
    require_roms(select_levels("Airstriker-Genesis-v0"))
    with pytest.raises(LevelError, match=r"`sonic-worlds import PATH_TO_YOUR_ROMS`.*`sonic-worlds levels`") as caught:
        require_roms(select_levels("contest-validation"))
    assert all(game in str(caught.value) for game in (SONIC_1, SONIC_2, SONIC_3))


def test_many_missing_roms_are_still_one_short_line() -> None:
    with pytest.raises(LevelError, match="and 327 more games") as caught:
        require_roms(known_levels())
    assert len(str(caught.value)) < 1000


def test_games_with_different_numbers_of_actions_do_not_go_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(games._OWN_ACTIONS, "Airstriker-Genesis-v0", ((), ("B",)))
    select_levels("Airstriker-Genesis-v0")
    with pytest.raises(LevelError, match=rf"Airstriker-Genesis-v0 has 2, {SONIC_1} has 10"):
        select_levels(f"Airstriker-Genesis-v0,{SONIC_1}")
