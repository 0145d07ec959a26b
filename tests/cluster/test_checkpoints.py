import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cluster.run.checkpoints import Checkpoints


def _write(checkpoints: Checkpoints, iteration: int, score: float | None = None) -> None:
    with checkpoints.writing(iteration, {"steps_total": iteration * 10, "score": score}) as folder:
        (folder / "state.json").write_text(f"state {iteration}")


def _kept(checkpoints: Checkpoints) -> list[int]:
    return sorted(int(p.name.split("-")[1]) for p in checkpoints.folder.glob("iteration-*"))


def test_the_newest_comes_back_with_what_was_said_of_it(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "c", keep=3)
    _write(checkpoints, 1)
    _write(checkpoints, 2, score=5.0)
    newest, warnings = checkpoints.newest_intact()
    assert newest is not None
    assert (newest.iteration, newest.summary, warnings) == (2, {"steps_total": 20, "score": 5.0}, [])
    assert (newest.path / "state.json").read_text() == "state 2"


def test_the_last_three_and_the_best_are_kept(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "c", keep=3)
    for iteration, score in enumerate([None, 9.0, 1.0, 2.0, 3.0, None, 4.0], 1):
        _write(checkpoints, iteration, score)
    assert _kept(checkpoints) == [2, 5, 6, 7]


@pytest.mark.parametrize("damage", ["truncate", "flip", "remove", "manifest", "empty"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path: Path, damage: str) -> None:
    checkpoints = Checkpoints(tmp_path / "c", keep=3)
    _write(checkpoints, 1)
    _write(checkpoints, 2)
    folder = tmp_path / "c" / "iteration-00000002"
    state, manifest = folder / "state.json", folder / "manifest.json"
    if damage == "truncate":
        state.write_text("state")
    elif damage == "flip":
        state.write_text("stale 2")
    elif damage == "remove":
        state.unlink()
    elif damage == "manifest":
        manifest.write_text(manifest.read_text()[:20])
    else:
        manifest.write_text("[]")
    newest, warnings = checkpoints.newest_intact()
    assert newest is not None
    assert newest.iteration == 1
    assert len(warnings) == 1
    assert str(folder) in warnings[0]


def test_an_error_while_writing_leaves_what_was_there(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "c", keep=3)
    _write(checkpoints, 1)

    def fail() -> None:
        with checkpoints.writing(2, {}) as folder:
            (folder / "state.json").write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk"):
        fail()
    assert [p.name for p in (tmp_path / "c").iterdir()] == ["iteration-00000001"]


def test_a_process_killed_while_writing_leaves_only_whole_checkpoints(tmp_path: Path) -> None:
    script = f"""
from pathlib import Path
from cluster.run.checkpoints import Checkpoints
checkpoints = Checkpoints(Path({str(tmp_path / "c")!r}), keep=3)
for i in range(10**6):
    with checkpoints.writing(i, {{"score": None}}) as folder:
        for name in "abcd":
            (folder / name).write_bytes(bytes(200_000))
"""
    for delay in (0.0, 0.13, 0.37):
        begun = set((tmp_path / "c").glob("iteration-*"))
        process = subprocess.Popen([sys.executable, "-c", script])
        while set((tmp_path / "c").glob("iteration-*")) <= begun:
            time.sleep(0.01)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
        checkpoints = Checkpoints(tmp_path / "c", keep=3)
        assert not list((tmp_path / "c").glob(".*"))
        newest, warnings = checkpoints.newest_intact()
        assert newest is not None
        assert warnings == []
        for path in (tmp_path / "c").iterdir():
            assert len(json.loads((path / "manifest.json").read_text())["files"]) == 4
