"""`status`, on a run's folder and on its endpoint."""

import json
import time
from pathlib import Path

import pytest
import yaml

from actors.games.games import WINDUP
from cluster.commands.status import newest_row
from cluster.config.config import TrainConfig
from cluster.metrics.log import MetricsLog
from cluster.metrics.scraped_row import scraped_row
from cluster.run.folder import RunFolder
from tests.runs import command

PORT = 19_848
ROW = {
    "iteration": 3,
    "steps_total": 1200,
    "frames_total": 4800,
    "steps_per_second": 250.5,
    "progress_mean": None,
    "world_model_loss": 400.25,
    "world_model_loss_vae": 390.0,
    "levels": {
        f"{WINDUP}/Playroom.Act1": {
            "steps_total": 1200,
            "episodes_total": 2,
            "extrinsic_return_mean": 900.0,
            "progress_mean": 0.1,
            "completion_rate": None,
        }
    },
}
_LOGGED = ROW | {"episodes_total": 2, "iteration_seconds": 4.0, "iteration_timestamp_seconds": 1.5e9}
"""As in metrics.jsonl."""


def test_a_folder_is_told_once_where_there_is_no_terminal(tmp_path: Path) -> None:
    config = TrainConfig(steps=5000)
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config.model_dump(mode="json")))
    row = _LOGGED | {"iteration_timestamp_seconds": time.time()}
    (tmp_path / "metrics.jsonl").write_text(json.dumps(row) + '\n{"half')
    done = command("status", tmp_path, fork=False)
    assert done.returncode == 0, done.stderr
    assert "1,200/5,000 steps" in done.stdout
    assert "no iteration has ended" not in done.stdout
    (tmp_path / "metrics.jsonl").write_text(json.dumps(row | {"iteration_timestamp_seconds": time.time() - 500}) + "\n")
    assert "no iteration has ended for 50" in command("status", tmp_path, fork=False).stdout


def test_an_endpoint_gives_the_row_that_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    folder = RunFolder.create(TrainConfig(runs_dir=tmp_path, name="a"))
    with MetricsLog(folder, "127.0.0.1", PORT, 0) as log:
        log.write(ROW | {"iteration_timestamp_seconds": 1.5e9})
        row = scraped_row(f"http://127.0.0.1:{PORT}")
        message = command("status", f"http://127.0.0.1:{PORT}/").stdout
    folder.close()
    assert {key: row[key] for key in ROW if key != "levels"} == {k: v for k, v in ROW.items() if k != "levels"}
    level = row["levels"][f"{WINDUP}/Playroom.Act1"]
    assert (level["steps_total"], level["progress_mean"], level["completion_rate"]) == (1200, 0.1, None)
    assert "1,200 steps" in message


def test_only_whole_lines_are_rows(tmp_path: Path) -> None:
    file = tmp_path / "metrics.jsonl"
    assert newest_row(file) is None
    file.write_text('{"a"')
    assert newest_row(file) is None
    second = _LOGGED | {"iteration": 4}
    file.write_text(f'{json.dumps(_LOGGED)}\n{json.dumps(second)}\n{{"a"')
    assert newest_row(file) == second
