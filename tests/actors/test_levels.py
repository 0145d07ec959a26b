import pytest
import stable_retro

from actors.emulation import native_levels
from actors.emulation.native_levels import require_playable
from actors.games import games as the_games
from actors.games.contest_levels import SONIC_1, SONIC_2, SONIC_3
from actors.games.games import WINDUP
from actors.games.levels import (
    SPLITS,
    Level,
    LevelError,
    counted_as,
    known_levels,
    refuse_native_only,
    require_roms,
    select_levels,
    split_of,
)
from windup.native.library import NativeUnavailable


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
        (
            "windup-generated:2+7,Playroom.Act1",
            [
                f"{WINDUP}/GeneratedPlayroom.Seed7.Level1",
                f"{WINDUP}/GeneratedBlockCity.Seed7.Level2",
                f"{WINDUP}/Playroom.Act1",
            ],
        ),
        (f"{WINDUP}/GeneratedGarden.Seed7.Level5", [f"{WINDUP}/GeneratedGarden.Seed7.Level5"]),
        ("GeneratedGarden.Seed7.Level5", [f"{WINDUP}/GeneratedGarden.Seed7.Level5"]),
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
    ("spec", "message"),
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
        ("windup-generated", "windup-generated:200+7"),
        ("windup-generated:x", "windup-generated:200+7"),
        ("windup-generated:50001", "1 to 50,000"),
        ("GeneratedGarden", "generated ones are named as"),
        ("GeneratedGarden.Seed0.Level1", "level 1 of seed 0 is GeneratedPlayroom.Seed0.Level1"),
        (f"{SONIC_1}/GeneratedGarden.Seed0.Level5", "has no state or zone"),
    ],
)
def test_what_names_no_level_is_told_with_what_is_near(spec: str, message: str) -> None:
    with pytest.raises(LevelError) as caught:
        select_levels(spec)
    assert message in str(caught.value)
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
    monkeypatch.setitem(the_games._OWN_ACTIONS, "Airstriker-Genesis-v0", ((), ("B",)))
    select_levels("Airstriker-Genesis-v0")
    with pytest.raises(LevelError, match=rf"Airstriker-Genesis-v0 has 2, {SONIC_1} has 10"):
        select_levels(f"Airstriker-Genesis-v0,{SONIC_1}")


def test_generated_levels_are_none_of_the_58() -> None:
    (level,) = select_levels("GeneratedGarden.Seed7.Level5")
    assert (level.is_generated, split_of(level)) == (True, "windup-generated")
    assert counted_as(str(level)) == f"{WINDUP}/GeneratedGarden"
    assert split_of(Level(WINDUP, "GeneratedGarden")) == "windup-generated"
    ours = Level(WINDUP, "Garden.Act5")
    assert (ours.is_generated, split_of(ours), counted_as(str(ours))) == (False, "windup-train", str(ours))
    assert not any(level.is_generated for level in known_levels())
    assert not any(level.is_generated for level in select_levels(f"{WINDUP}/*"))


def test_only_the_native_game_has_generated_levels() -> None:
    levels = select_levels("Playroom.Act1,windup-generated:9")
    require_playable(levels, native=True)
    for refuse in (refuse_native_only, require_roms, lambda levels: require_playable(levels, native=False)):
        with pytest.raises(LevelError, match=r"GeneratedPlayroom.Seed0.Level1 is in no ROM: .* --emulator native"):
            refuse(levels)


def test_what_the_native_game_cannot_play_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LevelError, match=f"--emulator native plays {WINDUP} alone, not Airstriker-Genesis-v0"):
        require_playable(select_levels("Playroom.Act1,Airstriker-Genesis-v0"), native=True)

    def missing() -> None:
        raise NativeUnavailable("it was not built; install gcc")

    monkeypatch.setattr(native_levels, "library", missing)
    with pytest.raises(LevelError, match="--emulator native: it was not built; install gcc"):
        require_playable(select_levels("Playroom.Act1"), native=True)
    require_playable(select_levels("Playroom.Act1"), native=False)


def test_barriers_are_named_by_split_or_state_and_by_nothing_else() -> None:
    train, validation = select_levels("windup-train-barriers"), select_levels("windup-validation-barriers")
    assert (len(train), len(validation)) == (30, 9)
    assert {split_of(level) for level in train} == {"windup-train-barriers"}
    assert all(level.is_native_only and level.most_steps == 1000 for level in (*train, *validation))
    name = "Attic.Act3.Barrier2"
    assert select_levels(name) == select_levels(f"{WINDUP}/{name}") == [Level(WINDUP, name)]
    assert not any(level.barrier for level in (*known_levels(), *select_levels(WINDUP), *select_levels("Attic")))
    assert {level.barrier.level for level in validation if level.barrier} <= {
        level.state for level in SPLITS["windup-validation"]
    }
    with pytest.raises(LevelError, match=r"Playroom.Act3.Barrier1 is in no ROM: .*--emulator native"):
        require_roms(train)
    with pytest.raises(LevelError, match="Attic"):
        select_levels("Attic.Act3.Barrier3")
