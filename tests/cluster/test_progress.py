import io

import pytest
from rich.console import Console

from cluster.progress import View

ROW = {
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
