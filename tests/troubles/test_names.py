"""Names that users give, of runs, agents and levels, are shown as they are: no markup, no formula, no end of a line."""

import io
import os
from pathlib import Path

import pytest
from rich.console import Console

from actors.games import games
from actors.games.levels import Level, known_levels
from cluster.commands.levels import levels_command
from cluster.metrics.live_view import View
from cluster.report.plots import curves
from cluster.scoring import leaderboard
from cluster.scoring.contest import Match, Result
from cluster.scoring.leaderboard_plot import write_plot

_NAMES = ["[/b]", "[red]a", "$a^$", "\\"]


def _console() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=200, color_system=None)


def _shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("name", _NAMES)
def test_a_run_s(name: str) -> None:
    console = _console()
    with View(console) as view:
        view.start(10, 0, name)
        level = {"extrinsic_return_mean": 1.0, "progress_mean": None, "completion_rate": None}
        view.update({"steps_total": 5, "levels": {f"Mine-Genesis-v0/{name}": level}})
    assert name in _shown(console)


def test_a_run_s_in_a_plot() -> None:
    curves([(name, [1.0, 2.0], [1.0, None]) for name in _NAMES], "losses", logarithmic=True)


@pytest.mark.parametrize("name", _NAMES)
def test_an_agent_s(name: str, tmp_path: Path) -> None:
    match = Match(name, Level("Mine-Genesis-v0", name), 0)
    standings = leaderboard.rank([match], {match: Result([1.0], [2], [3.0])})
    console = _console()
    for table in leaderboard.tables(standings):
        console.print(table)
    assert _shown(console).count(name) == 3
    if "$" in name:
        write_plot(tmp_path / "a.png", standings, 10)


def test_a_level_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "Mine-Genesis-v0"
    folder.mkdir()
    for name in ("[b].state", "a\n\x1b[31m.state", os.fsdecode(b"\xff.state")):
        (folder / name).write_text("")
    monkeypatch.setattr(games, "_FOLDERS", (tmp_path,))
    known_levels.cache_clear()
    try:
        console = _console()
        assert levels_command("Mine-Genesis-v0", console) == 0
        plain = Console(file=io.TextIOWrapper(io.BytesIO(), encoding="utf-8"))
        assert levels_command("Mine-Genesis-v0", plain) == 0
    finally:
        known_levels.cache_clear()
    assert all(name in _shown(console) for name in ("[b]", "a\\n\\x1b[31m", "\\udcff"))
    plain.file.seek(0)
    assert [line.split("\t")[0].partition("/")[2] for line in plain.file] == ["[b]", "a\\n\\x1b[31m", "\\udcff"]
