"""A file system without locks: a warning, and no lock. One that cannot say what is on its disk is believed."""

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from actors.portable.file_lock import try_lock

ROOT = Path(__file__).parents[2]
_EVERY_LOCK = """
import sys
from pathlib import Path
from tests.troubles.seccomp import refuse

from actors.games.levels import select_levels
from actors.gym_remote.server import lock
from cluster.commands import study
from cluster.config.config import TrainConfig
from cluster.run.folder import RunFolder
from cluster.scoring.folder import ContestFolder

for number in sys.argv[2:]:
    folder = Path(sys.argv[1]) / number
    folder.mkdir()
    # Of filters that refuse the same, the newest says with what.
    refuse("flock", error=int(number))
    run = RunFolder.create(TrainConfig(runs_dir=folder, name="a"))
    print("run", run.unlocked)
    run.close()
    with ContestFolder(folder / "contest", 9, [], select_levels("Playroom.Act1")) as contest:
        print("contest", contest.unlocked)
    named = type("Study", (), {"name": "s"})
    with study._alone(folder, named):
        pass
    lock(str(folder))
"""
_NUMBERS = (errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK)


def test_every_lock_is_done_without(tmp_path: Path) -> None:
    words = [sys.executable, "-c", _EVERY_LOCK, tmp_path, *map(str, _NUMBERS)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 3 * len(_NUMBERS)
    for i, number in enumerate(_NUMBERS):
        message = lines[3 * i : 3 * i + 3]
        assert all(os.strerror(number) in line for line in message)
        assert message[2].startswith(f"warning: {tmp_path}/{number}/runs/s cannot be locked (")
        assert (tmp_path / str(number) / "a" / "config.yaml").exists()


def test_where_there_are_locks_another_process_s_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    hold = "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.flock(f, 2); print(1, flush=True); input()"
    holder = subprocess.Popen(
        [sys.executable, "-c", hold, file],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout
        holder.stdout.readline()
        with file.open() as mine, pytest.raises(BlockingIOError):
            try_lock(mine)
    finally:
        holder.communicate(b"\n")
    with file.open() as mine:
        assert try_lock(mine) == ""
        with file.open() as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


_EVERY_SYNC = """
import sys
from pathlib import Path
from tests.troubles.seccomp import refuse

refuse("fsync", error=int(sys.argv[2]))
import numpy as np
from actors.games.rom_import import _write
from cluster.config.config import TrainConfig
from cluster.run.folder import RunFolder
from world_model.state_tree import save_tree
from world_model.spec import PRESETS, WorldModelSpec
from world_model.weights import save_weights

_write(Path(sys.argv[1]) / "rom.md", b"rom")
run = RunFolder.create(TrainConfig(runs_dir=Path(sys.argv[1]), name="a"))
with run.checkpoints.writing(1, {}) as folder:
    save_tree(folder, "state", {"a": np.zeros(3)})
    save_weights(folder / "w.safetensors", WorldModelSpec(actions=3, **PRESETS["light"]), {"a": np.zeros(3)})
print(run.checkpoints.newest_intact()[0].iteration)
"""


def _write_where_sync_fails(folder: Path, number: int) -> "subprocess.CompletedProcess[str]":
    words = [sys.executable, "-c", _EVERY_SYNC, folder, str(number)]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EOPNOTSUPP])
def test_where_nothing_is_synced_all_is_written(tmp_path: Path, number: int) -> None:
    done = _write_where_sync_fails(tmp_path, number)
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr


def test_a_disk_that_fails_is_no_disk_that_cannot_say(tmp_path: Path) -> None:
    done = _write_where_sync_fails(tmp_path, errno.EIO)
    assert done.returncode == 1
    assert os.strerror(errno.EIO) in done.stderr
    assert not (tmp_path / "rom.md").exists()
