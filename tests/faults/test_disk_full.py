"""A run whose disk is full for a while."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from cluster.run.checkpoints import newest_intact
from tests.faults.watched_run import WatchedRun
from tests.runs import LEARNS_OFTEN, SMALL, left_of, rows, start


@pytest.fixture
def small_disk(unhurried: None, tmp_path: Path) -> Iterator[Path]:
    """A file system of 700 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=700m", "runs", folder]).returncode:
        pytest.skip("this process may not mount a file system")
    yield folder
    # Lazily: of a test that failed, the run is still at work on it.
    subprocess.run(["umount", "--lazy", folder], check=True)


def _fill(file: Path) -> None:
    """Takes all the room there is."""
    with file.open("wb", buffering=0) as ballast, pytest.raises(OSError, match="No space left"):
        os.posix_fallocate(ballast.fileno(), 0, shutil.disk_usage(file.parent).free + (1 << 30))
    # What a smaller size leaves over.
    with file.open("ab", buffering=0) as ballast, suppress(OSError):
        ballast.write(bytes(shutil.disk_usage(file.parent).free + 1))


def test_a_full_disk_costs_checkpoints_and_nothing_else(small_disk: Path) -> None:
    # The disk is the same to all algorithms: so this also shows that an asynchronous one trains.
    words = ["--steps", 10**7, "--levels", "Playroom.Act1", "--algorithm", "appo", *SMALL, *LEARNS_OFTEN]
    process = start("train", "--runs-dir", small_disk, "--name", "a", *words)
    run = WatchedRun(small_disk / "a", process)
    run.wait_until(lambda row: bool(list(run.path.glob("checkpoints/iteration-*"))))
    _fill(small_disk / "ballast")
    # Rows wait while there is no room for them, so this is seen on the disk.
    seen = len(rows(run.path))
    checkpoints = run.path / "checkpoints"
    kept, warnings = newest_intact(checkpoints)
    assert kept is not None
    assert warnings == []
    # Several checkpoints fail.
    time.sleep(8)
    assert process.poll() is None
    assert newest_intact(checkpoints)[0] == kept
    (small_disk / "ballast").unlink()
    begin = time.monotonic()
    run.wait_until(lambda row: row["checkpoint_failures_total"] > 0)
    run.wait_until_all_work(actors=1)
    run.wait_until(lambda row: (newest_intact(checkpoints)[0] or kept).iteration > kept.iteration)
    print(f"\ndisk full: a checkpoint is written {time.monotonic() - begin:.1f} s after there is room")
    run.wait_until(lambda row: row["iteration"] > seen + 5)
    history = rows(run.path)
    # It trained on, and no row is missing.
    assert len(history) > seen + 5
    assert [row["iteration"] for row in history] == list(range(1, len(history) + 1))
    printed = run.end()
    assert "cannot be written" in printed
    assert left_of(process, run.path) == []
    # A run goes on from what is intact: test_run_killed.
    newest, warnings = newest_intact(checkpoints)
    assert newest is not None
    assert (newest.iteration, warnings) == (run.last()["iteration"], [])
