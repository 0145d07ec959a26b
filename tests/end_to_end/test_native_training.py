"""Whole runs and evaluations with --emulator native beside those with emulators, and on levels that no ROM has."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.runs import SMALL, check_never_back, command, rows

SHORT = ["--emulator.max-episode-steps=60", "--world-model.training-ratio=0.5", "--policy.hidden=32"]
LEVELS = ["--level-schedule=prioritized", "--levels=" + ",".join(f"Playroom.Act{act}" for act in range(1, 7))]
BOTH = ("native", "local")
"""Of runs that should be the same, the second is in a Python of its own: see `tests.forked_program`."""


def _train(*words: object, fork: bool = True) -> None:
    done = command("train", *words, fork=fork)
    assert done.returncode == 0, done.stderr


def _but_times(run: Path) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if "second" not in name} for row in rows(run)]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the same serial run of either kind."""
    folder = tmp_path_factory.mktemp("runs")
    for kind in BOTH:
        words = ["--serial", "--steps", 700, "--seed", 3, *LEVELS, *SMALL, *SHORT]
        _train("--runs-dir", folder, "--name", kind, "--emulator", kind, *words, fork=kind == "native")
    return folder


def test_a_serial_run_has_the_same_metrics_as_with_emulators(runs: Path, tmp_path: Path) -> None:
    native, local = (_but_times(runs / kind) for kind in BOTH)
    assert native == local
    last = native[-1]
    assert last["world_model_updates_total"] > 6
    assert last["weights_version"] > 3
    assert last["curiosity_mean"] != 0
    assert last["episodes_total"] > 4
    assert last["levels_seen"] > 4
    # Two runs are the same for their seed, not because all are.
    words = ["--serial", "--steps", 1, "--seed", 4, *LEVELS, *SMALL, *SHORT]
    _train("--runs-dir", tmp_path, "--name", "other", "--emulator", "native", *words)
    assert _but_times(tmp_path / "other")[0] != native[0]


def test_a_run_goes_on_with_its_kind_or_with_another_and_both_are_identical(runs: Path, tmp_path: Path) -> None:
    """Random states, normalisers, optimisers: whatever a resume forgot would be as chance has it."""
    results = []
    for words in ([], ["--emulator", "local"]):
        run = tmp_path / "native"
        shutil.rmtree(run, ignore_errors=True)
        shutil.copytree(runs / "native", run)
        _train("--resume", run, "--steps", 1000, *words, fork=not words)
        kind = words[1] if words else "native"
        assert f"kind: {kind}" in (run / "config.yaml").read_text()
        results.append(_but_times(run))
    assert results[0] == results[1]
    history = results[0]
    assert history[-1]["steps_total"] >= 1000
    check_never_back(history)
    # The losses go on where they were instead of where they began.
    losses = np.array([row["world_model_loss_vae"] for row in history if row["world_model_loss_vae"]])
    assert losses[-1] < losses[0]


def test_an_evaluation_s_file_differs_in_one_field(tmp_path: Path) -> None:
    contents = {}
    # Without the flag it is as the run is. The level's episodes are short.
    for kind, flag in (("native", []), ("local", ["--emulator", "local"])):
        file = tmp_path / f"{kind}.json"
        words = ["--levels", "TrainYard.Act1", "--episodes", 2, "--seed", 4, *flag]
        done = command("evaluate", "pretrained", *words, "--actors", 1, "--json", file)
        assert done.returncode == 0, done.stderr
        contents[kind] = json.loads(file.read_text())
    assert {kind: content.pop("emulator") for kind, content in contents.items()} == {
        "native": "native",
        "local": "local",
    }
    assert contents["native"] == contents["local"]
    assert len({score for level in contents["native"]["levels"].values() for score in level["scores"]}) == 2


def test_levels_without_end_are_trained_on_and_told_apart(tmp_path: Path) -> None:
    words = ["--levels", "windup-generated:5000+3,Playroom.Act1", "--level-schedule", "prioritized", "--steps", 700]
    report = [word for word in SMALL if word != "--no-report"]
    done = command(
        "train", "--serial", "--emulator", "native", "--runs-dir", tmp_path, "--name", "a", *words, *report, *SHORT
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "warning" not in done.stdout
    history = rows(tmp_path / "a")
    zones = {name for row in history for name in row["levels"]}
    # One name for each zone, whatever number of its levels was played.
    assert all(name.startswith("Windup-Genesis-v0/Generated") and "." not in name for name in zones)
    assert 2 <= len(zones) <= 6
    assert history[-1]["levels_seen"] > len(zones)
    page = (tmp_path / "a" / "report.html").read_text()
    assert "GeneratedPlayroom" in page
    # A picture is of one of the levels.
    assert ".Seed3.Level" in page
    movie = tmp_path / "a.gif"
    done = command("watch", tmp_path / "a", "--record", movie, "--steps", 2)
    assert (done.returncode, done.stdout) == (0, f"the movie is in {movie}\n"), done.stderr
