import io
import os
from pathlib import Path

import pytest
import stable_retro
from rich.console import Console

from cluster.commands.import_roms import import_command
from cluster.commands.levels import levels_command
from cluster.config.errors import UsageError

ROM = Path(stable_retro.data.get_romfile_path("Airstriker-Genesis-v0"))


def _console(terminal: bool) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=120, color_system=None)


def _printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_scripts_get_a_line_for_every_level() -> None:
    console = _console(terminal=False)
    assert levels_command(None, console) == 0
    rows = [line.split("\t") for line in _printed(console).splitlines()]
    assert ["Airstriker-Genesis-v0/Level1", "-", "rom"] in rows
    assert ["SonicTheHedgehog-Genesis-v0/GreenHillZone.Act2", "contest-validation", "missing"] in rows
    assert sum(row[1] == "contest-train" for row in rows) == 47
    assert all(len(row) == 3 for row in rows)


def test_a_terminal_gets_the_contest_s_games_in_full() -> None:
    console = _console(terminal=True)
    assert levels_command(None, console) == 0
    printed = _printed(console)
    assert "GreenHillZone.Act2" in printed
    assert "contest-validation" in printed
    assert "sonic-worlds import PATH_TO_YOUR_ROMS" in printed
    assert "sonic-worlds levels GAME" in printed
    assert "windup-generated:N+SEED" in printed
    assert printed.count("\n") < 500


def test_a_narrow_terminal_cuts_no_name() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=60, color_system=None)
    assert levels_command("contest-train", console) == 0
    assert "…" not in _printed(console)


def test_a_selection_narrows_the_list() -> None:
    console = _console(terminal=False)
    assert levels_command("contest-validation", console) == 0
    assert len(_printed(console).splitlines()) == 11
    console = _console(terminal=False)
    assert levels_command("windup-generated:1+7,Garden.Act5", console) == 0
    assert _printed(console).splitlines() == [
        "Windup-Genesis-v0/GeneratedPlayroom.Seed7.Level1\twindup-generated\tnative",
        "Windup-Genesis-v0/Garden.Act5\twindup-train\trom",
    ]
    with pytest.raises(UsageError, match="levels: 'nope'"):
        levels_command("nope", console)


def test_an_import_says_what_it_found_and_what_to_do_next(tmp_path: Path) -> None:
    (tmp_path / "game.md").write_bytes(ROM.read_bytes())
    (tmp_path / "note.txt").write_text("hello")
    console = _console(terminal=False)
    assert import_command([tmp_path], console) == 0
    lines = _printed(console).splitlines()
    assert lines[0] == f"present   Airstriker-Genesis-v0  as {tmp_path / 'game.md'}"
    assert lines[1] == f"skipped   {tmp_path / 'note.txt'}: not a Genesis ROM"
    assert lines[2] == "2 files: 0 imported, 1 already present, 1 skipped"
    assert lines[3] == "next: sonic-worlds train --levels Airstriker-Genesis-v0"


def test_an_import_of_nothing_fails_and_names_the_first_files_only(tmp_path: Path) -> None:
    for i in range(30):
        (tmp_path / f"{i:02}.txt").write_text("hello")
    console = _console(terminal=True)
    assert import_command([tmp_path], console) == 1
    printed = _printed(console)
    assert "30/30" in printed
    assert "19.txt" in printed
    assert "20.txt" not in printed
    assert "and 10 more" in printed


def test_a_file_s_name_cannot_break_the_output(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff[bold]\n\x1b[31m.md")).write_text("hello")
    console = Console(file=io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
    assert import_command([tmp_path], console) == 1
    console.file.seek(0)
    assert console.file.readline().rstrip("\n") == (
        f"skipped   {tmp_path}/\\udcff[bold]\\n\\x1b[31m.md: not a Genesis ROM"
    )


def test_an_import_of_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        import_command([tmp_path / "none"], _console(terminal=False))
