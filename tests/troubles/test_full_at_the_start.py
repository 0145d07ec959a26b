"""The disk is full while a run's folder is made."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from cluster.cli import main
from cluster.config.arguments import parse_train
from cluster.config.config import TrainConfig
from cluster.config.errors import UsageError
from cluster.run.folder import RunFolder


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "small", folder]).returncode:
        pytest.skip("this process may not mount a file system")
    yield folder
    subprocess.run(["umount", folder], check=True)


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


def _words(runs: Path) -> list[str]:
    return ["--auto-resume", "--name", "a", "--runs-dir", str(runs), "--levels", "Playroom.Act1"]


def test_it_is_one_line_and_the_same_command_begins_once_there_is_room(
    disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _fill(disk / "ballast")
    with pytest.raises(SystemExit) as end:
        main(["train", *_words(disk)])
    message = capsys.readouterr()
    assert (end.value.code, message.out) == (2, "")
    assert f"--runs-dir {disk} cannot be written: No space left on device" in message.err
    assert message.err.count("\n") == 1
    # It may have become full since that was looked at.
    with pytest.raises(UsageError, match=f"--runs-dir {disk} cannot be written: No space left on device"):
        RunFolder.create(parse_train(_words(disk))[0])
    # Nothing is half-written.
    assert [child.name for child in disk.iterdir()] == ["ballast"]

    (disk / "ballast").unlink()
    config, resume = parse_train(_words(disk))
    assert resume is None
    RunFolder.create(config).close()
    assert parse_train(_words(disk))[1] is not None


@pytest.mark.parametrize("left", [[], [".lock"], [".lock", ".key", "logs/", "checkpoints/", ".config.yaml.tmp"]])
def test_a_folder_that_holds_nothing_yet_is_begun_anew(tmp_path: Path, left: list[str]) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    for name in left:
        (folder / name).mkdir() if name.endswith("/") else (folder / name).write_text("")
    config, resume = parse_train(_words(tmp_path))
    assert resume is None
    run = RunFolder.create(config)
    assert run.key.startswith("a-")
    run.close()
    assert parse_train(_words(tmp_path))[1] is not None


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    for name in ("notes.txt", "checkpoints/iteration-00000001/state.json"):
        file = tmp_path / "a" / name
        file.parent.mkdir(parents=True)
        file.write_text("mine")
        config, _ = parse_train(_words(tmp_path))
        with pytest.raises(UsageError, match="exists, and is not the folder of a run; choose another name"):
            RunFolder.create(config)
        assert [path for path in (tmp_path / "a").rglob("*") if path.is_file()] == [file]
        shutil.rmtree(tmp_path / "a")


def test_an_interrupt_in_the_middle_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(run: RunFolder, config: TrainConfig) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(RunFolder, "write_config", interrupted)
    with pytest.raises(KeyboardInterrupt):
        RunFolder.create(TrainConfig(runs_dir=tmp_path, name="a"))
    assert list(tmp_path.iterdir()) == []
