import json
from pathlib import Path

import pytest
import yaml

from cluster.config.arguments import config_file_of, read_config
from cluster.config.config import TrainConfig
from cluster.config.errors import UsageError
from cluster.run.folder import RunFolder


def _config(tmp_path: Path, name: str | None = "a") -> TrainConfig:
    return TrainConfig(runs_dir=tmp_path / "runs", name=name)


def test_a_new_folder_holds_the_resolved_configuration(tmp_path: Path) -> None:
    run = RunFolder.create(_config(tmp_path))
    assert run.path == tmp_path / "runs" / "a"
    assert read_config(config_file_of(run.path)) == _config(tmp_path)
    assert yaml.safe_load((run.path / "config.yaml").read_text())["policy"]["hidden"] == [256, 256]
    run.close()


def test_a_name_that_exists_is_refused(tmp_path: Path) -> None:
    RunFolder.create(_config(tmp_path)).close()
    with pytest.raises(UsageError, match=r"exists; choose another name, or go on with --resume"):
        RunFolder.create(_config(tmp_path))


def test_names_are_made_of_the_game_and_never_repeat(tmp_path: Path) -> None:
    runs = [RunFolder.create(_config(tmp_path, None)) for _ in range(3)]
    assert len({run.path for run in runs}) == 3
    assert all(run.name.startswith("windup-") for run in runs)
    # The configuration has the name, so that a resume knows it.
    assert read_config(config_file_of(runs[0].path)).name == runs[0].name
    for run in runs:
        run.close()


def test_a_key_is_one_run_s_even_where_names_are_the_same(tmp_path: Path) -> None:
    runs = [RunFolder.create(_config(tmp_path / place)) for place in ("x", "y")]
    assert runs[0].key != runs[1].key
    for run in runs:
        run.close()
    again = RunFolder.reopen(runs[0].path, 3)
    assert again.key == runs[0].key
    again.close()


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b"])
def test_a_name_that_is_no_folder_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="not a plain folder name"):
        RunFolder.create(_config(tmp_path, name))
    assert not (tmp_path / "runs").exists()


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file")
    with pytest.raises(UsageError, match=r"--runs-dir .* is not a folder"):
        RunFolder.create(_config(tmp_path))
    with pytest.raises(UsageError, match=r"--runs-dir /proc/x cannot be written"):
        RunFolder.create(TrainConfig(runs_dir=Path("/proc/x"), name="a"))


def test_two_processes_cannot_have_one_run(tmp_path: Path) -> None:
    run = RunFolder.create(_config(tmp_path))
    with pytest.raises(UsageError, match="in use by another process"):
        RunFolder.reopen(run.path, 3)
    run.close()
    RunFolder.reopen(run.path, 3).close()


def test_metrics_after_the_checkpoint_and_half_lines_are_taken_back(tmp_path: Path) -> None:
    run = RunFolder.create(_config(tmp_path))
    lines = [json.dumps({"iteration": i}) + "\n" for i in range(1, 6)]
    run.metrics_path.write_text("".join(lines) + '{"iterat')
    run.cut_metrics(3)
    assert run.metrics_path.read_text() == "".join(lines[:3])
    run.close()
