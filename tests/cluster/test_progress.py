import io
from typing import Any

import pytest
from rich.console import Console

from cluster.metrics.level_table import table
from cluster.metrics.live_view import View

ROW: dict[str, Any] = {
    "steps_total": 2048,
    "steps_per_second": 321.4,
    "frames_per_second": 1285.6,
    "episodes_total": 12,
    "extrinsic_return_mean": 201.7,
    "curiosity_mean": 0.0073,
    "world_model_loss": 1035.6,
    "world_model_loss_vae": 973.79,
    "world_model_loss_mdn": 59.46,
    "world_model_loss_inverse": 2.312,
    "world_model_updates_total": 24,
    "weights_version": 3,
    "staleness_mean": 0.5,
    "pool_sequences": 816,
    "pool_capacity": 1024,
    "sequences_dropped_total": 7,
    "ppo_updates_total": 6,
    "emulator_restarts_total": 1,
    "levels_played": 14,
    "levels_seen": 47,
    "progress_mean": 0.134,
    "completion_rate": 0.01,
}


def _levels(progress: dict[str, float | None]) -> dict[str, dict[str, Any]]:
    """Of a game with the contest's rules."""
    return {
        f"Sonic/{name}": {
            "steps_total": 5000,
            "episodes_total": 0 if p is None else 3,
            "extrinsic_return_mean": None if p is None else 9000 * p,
            "progress_mean": p,
            "completion_rate": None if p is None else float(p == 1),
            "curiosity_mean": 0.001,
        }
        for name, p in progress.items()
    }


SHOWN = [
    "2048/60000",
    "321 steps/s",
    "1,286 frames/s",
    "201.7",
    "+0.00730",
    "973.79, 59.46, 2.31",
    "version 3",
    "816/1,024",
    "14 played now, 47 so far",
    "13.4%, 1.0% completed",
]


def test_a_terminal_gets_a_live_view_with_everything_in_it() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=110, color_system=None)
    with View(console) as view:
        view.start(60_000, 0, "name-of-run")
        view.update(ROW)
        view.message("saving a checkpoint")
        view.end()
    assert isinstance(console.file, io.StringIO)
    written = console.file.getvalue()
    last = written[written.rindex("name-of-run") :]
    for words in [*SHOWN, "0.5 versions", "7 dropped", "ETA"]:
        assert words in last
    assert "saving a checkpoint" in written
    # The cursor is back.
    assert written.rindex("\x1b[?25h") > written.rindex("\x1b[?25l")


def test_a_file_gets_plain_lines() -> None:
    console = Console(file=io.StringIO())
    with View(console) as view:
        view.start(60_000, 0, "name-of-run")
        view.message("starting")
        view.update(ROW)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert lines[0] == "starting"
    assert len(lines) == 2
    assert "\x1b" not in console.file.getvalue()
    for words in ["2,048/60,000 steps", "321 steps/s", "return 201.7", "weights v3", "dropped 7"]:
        assert words in lines[1]


@pytest.mark.parametrize("terminal", [True, False])
def test_what_is_not_known_yet_does_not_break_the_view(terminal: bool) -> None:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=110)
    with View(console) as view:
        view.start(10, 0, "a")
        view.update({"steps_total": 1, "extrinsic_return_mean": None})


def _view(terminal: bool, *rows: dict[str, Any]) -> str:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=110, color_system=None)
    with View(console) as view:
        view.start(60_000, 0, "name-of-run")
        for row in rows:
            view.update(row)
    assert isinstance(console.file, io.StringIO)
    written = console.file.getvalue()
    return written[written.rindex("name-of-run") :] if terminal else written


@pytest.mark.parametrize("terminal", [True, False])
def test_the_best_and_the_worst_levels_are_shown(terminal: bool) -> None:
    first = ROW | {"levels": _levels({f"Act{i}": i / 20 for i in range(1, 12)} | {"Unknown": None})}
    # A level keeps its place while it is not played, and gets another when it was.
    later = ROW | {"levels": _levels({"Act1": 1.0, "Act2": 0.01})}
    shown = (
        _view(terminal, first, later)
        if terminal
        else _view(terminal, first | {"levels": first["levels"] | later["levels"]})
    )
    for words in ("Act1", "100.0%, 100% completed", "Act11", "55.0%", "Act9", "Act5", "25.0%", "Act2", "1.0%"):
        assert words in shown
    for words in ("Act7", "Act6", "Unknown", "Sonic/"):
        assert words not in shown
    assert shown.index("Act11") < shown.index("Act9")


def test_one_level_has_no_table_while_it_trains() -> None:
    assert "best" not in _view(True, ROW | {"levels": _levels({"Act1": 0.5})})
    assert "best" not in _view(False, ROW | {"levels": _levels({"Act1": 0.5})})


def test_two_levels_are_the_best_and_the_worst() -> None:
    shown = _view(False, ROW | {"levels": _levels({"Act1": 0.25, "Act2": 0.5})})
    assert "best Act2 50.0%; worst Act1 25.0%" in shown


def test_the_last_table_has_every_level() -> None:
    lines = table(_levels({"Act1": 0.25, "Act2": 1.0, "Act3": None})).splitlines()
    assert [line.split()[0] for line in lines] == ["level", "Act1", "Act2", "Act3"]
    assert lines[2].split() == ["Act2", "5,000", "3", "9,000.0", "100.0%", "100%", "+0.00100"]
    assert lines[3].split() == ["Act3", "5,000", "0", "–", "–", "–", "+0.00100"]
    assert len({len(line) for line in lines}) == 1
    games = _levels({"Act1": 0.25}) | {"Airstriker/Level1": _levels({"x": None})["Sonic/x"]}
    assert "Sonic/Act1" in table(games)
    assert "Airstriker/Level1" in table(games)
