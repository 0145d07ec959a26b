"""Studies from the command line: killed, gone on with, finished, moved to another machine, changed."""

import json
import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from cluster.config.errors import UsageError
from cluster.scoring.result import Evaluation, RunResult, read_result, write_result
from tests.runs import command, rows, start

pytestmark = pytest.mark.slow

_STUDY = """
name: tiny
steps: 1024
seeds: [3]
evaluate: {levels: Playroom.Act1, episodes: 1}
base:
  levels: Playroom.Act1
  serial: true
  actors: 1
  emulators-per-actor: 2
  checkpoint.every_seconds: 0.5
  emulator: {kind: native}
  policy: {train_batch_steps: 128, minibatch-size: 64, epochs: 1, hidden: [16]}
  world_model: {pool_sequences: 64, measure_updates: 4}
variants:
  ours:
"""


@pytest.mark.timeout(1200)
def test_a_killed_study_goes_on_and_what_is_finished_is_never_run_again(tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    file.write_text(_STUDY)
    run, result = tmp_path / "runs/tiny/ours-s3", tmp_path / "results/tiny/ours-s3.json"
    words = ("study", file, "--out", tmp_path)
    process = start(*words)
    deadline = time.monotonic() + 900
    while not rows(run):
        assert process.poll() is None, process.stdout and process.stdout.read()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    # Its training run is told, and saves what it has.
    while not list((run / "checkpoints").glob("*/manifest.json")):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    while (again := command(*words)).returncode == 1 and "is in use" in again.stdout:
        assert time.monotonic() < deadline
    assert again.returncode == 0, again.stdout + again.stderr
    assert "going on from" in (tmp_path / "runs/tiny/ours-s3.log").read_text()
    outcome = json.loads(result.read_text())
    assert outcome["steps"] >= 1024
    assert outcome["settings"]["changes"]["policy.hidden"] == [16]
    assert 0 < outcome["curve"][-1][2] < outcome["cpu_seconds"]
    assert 0 < outcome["curve"][-1][1] < outcome["wall_seconds"]
    (evaluation,) = outcome["evaluations"]
    assert (evaluation["count"], evaluation["steps"]) == (1024, outcome["steps"])
    assert list(map(len, evaluation["scores"].values())) == [1]
    assert (tmp_path / "results/tiny/study.html").read_text().count("data:image/png") >= 4

    # As on another machine: the results alone are there.
    shutil.rmtree(tmp_path / "runs")
    before = result.read_bytes()
    elsewhere = command(*words)
    assert elsewhere.returncode == 0, elsewhere.stderr
    assert "report is in" in elsewhere.stdout
    assert result.read_bytes() == before
    assert not (tmp_path / "runs").exists()

    file.write_text(_STUDY.replace("epochs: 1", "epochs: 2"))
    changed = command(*words)
    assert changed.returncode == 2
    assert "was made with policy.epochs 1, the study now says 2" in changed.stderr
    assert changed.stderr.count("\n") == 1


def test_without_a_finished_run_there_is_nothing_to_report(tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    file.write_text(_STUDY)
    done = command("study", file, "--out", tmp_path, "--only-report")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"no run of tiny is finished in {tmp_path}/results/tiny" in done.stderr


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    file = tmp_path / "results" / "a.json"
    assert read_result(file) is None
    result = RunResult(
        study="s",
        variant="v",
        seed=2,
        settings={"rival": None, "changes": {"world_model.lag": 5}},
        commit="0123+",
        processor="a",
        cores=2,
        bfloat16=True,
        torch_threads=2,
        steps=2048,
        cpu_seconds=3.5,
        wall_seconds=2.5,
        curve=[(1024, 1.0, 2.0, None), (2048, 2.0, 3.0, 900.5)],
        evaluations=[Evaluation(2000, 2048, {"Windup-Genesis-v0/Attic.Act1": [1.5, 2.5]})],
    )
    write_result(file, result)
    assert read_result(file) == result
    file.write_text(file.read_text().replace('"seed": 2', '"seed": "two"'))
    with pytest.raises(UsageError, match="is damaged"):
        read_result(file)
    file.write_text("{")
    with pytest.raises(UsageError, match="is damaged"):
        read_result(file)
