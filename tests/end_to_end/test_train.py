"""Whole runs by the command line."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from tests.runs import SMALL, TWO_ACTORS, command, rows
from world_model.weights import load_model

KEYS = {
    "iteration",
    "steps_total",
    "frames_total",
    "steps_per_second",
    "frames_per_second",
    "episodes_total",
    "extrinsic_return_mean",
    "curiosity_mean",
    "world_model_loss",
    "world_model_loss_vae",
    "world_model_loss_mdn",
    "world_model_loss_inverse",
    "world_model_updates_total",
    "weights_version",
    "staleness_mean",
    "ppo_updates_total",
    "sequences_dropped_total",
    "emulator_restarts_total",
}
SHORT = ["--emulator.max-episode-steps=60", "--world-model.training-ratio=0.5"]


def _never_back(history: list[dict[str, Any]]) -> None:
    for name in history[-1]:
        if name.endswith("_total") or name in ("iteration", "weights_version"):
            values = [row[name] for row in history]
            assert values == sorted(values), name


def test_a_run_trains_everything_and_its_checkpoints_resume(tmp_path: Path) -> None:
    run = tmp_path / "a"
    # One level, so that the loss does not rise with each new one.
    words = ["--levels", "Playroom.Act1", "--steps", 2500, *SMALL, TWO_ACTORS, *SHORT]
    done = command("train", "--runs-dir", tmp_path, "--name", "a", *words)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert f"next: sonic-worlds train --resume {run} --steps 5000" in done.stdout
    history = rows(run)
    assert set(history[0]) >= KEYS
    last = history[-1]
    assert last["steps_total"] >= 2500
    # A step is four frames, but for an episode's last.
    assert 3.9 * last["steps_total"] <= last["frames_total"] <= 4 * last["steps_total"]
    assert last["episodes_total"] >= 30
    assert last["ppo_updates_total"] == last["iteration"] == len(history)
    # The joint loss jumps when the lambdas are chosen. How many updates there are is the machine's affair.
    losses = [row["world_model_loss_vae"] for row in history if row["world_model_loss_vae"] is not None]
    assert losses[-1] < losses[0]
    assert last["curiosity_mean"] != 0
    # Actors use what is published: more versions were taken than the first one each.
    assert last["weights_version"] > 3
    assert last["weights_taken_total"] > 2
    _never_back(history)
    assert {p.name for p in run.iterdir()} >= {"config.yaml", "metrics.jsonl", "checkpoints", "tensorboard", "valkey"}
    checkpoints = sorted((run / "checkpoints").iterdir())
    assert 3 <= len(checkpoints) <= 4
    newest = json.loads((checkpoints[-1] / "manifest.json").read_text())
    assert newest["summary"]["steps_total"] == last["steps_total"]
    assert load_model(checkpoints[-1] / "world_model.safetensors").spec.actions == 10

    # The newest checkpoint is damaged: the run goes on from the one before, and says so.
    before = json.loads((checkpoints[-2] / "manifest.json").read_text())
    state = checkpoints[-1] / "state.safetensors"
    state.write_bytes(state.read_bytes()[:-1])
    done = command("train", "--resume", run, "--steps", 3500, *SHORT)
    assert done.returncode == 0, done.stderr
    assert f"warning: checkpoint {checkpoints[-1]} is damaged" in done.stdout
    assert f"going on from {checkpoints[-2]}" in done.stdout
    history = rows(run)
    _never_back(history)
    assert history[-1]["steps_total"] >= 3500
    # What came after that checkpoint was taken back; from there on nothing is missing or twice.
    assert [row["iteration"] for row in history] == list(range(1, len(history) + 1))
    assert history[-1]["ppo_updates_total"] == len(history)
    first = history[before["iteration"]]
    # A batch, or one and a half if the first actor was in twice before the second.
    assert 200 < first["steps_total"] - before["summary"]["steps_total"] < 450
    assert first["lambda_mdn"] == history[before["iteration"] - 1]["lambda_mdn"]


def test_an_asynchronous_algorithm_trains_too(tmp_path: Path) -> None:
    done = command("train", "--runs-dir", tmp_path, "--name", "a", "--algorithm", "appo", "--steps", 1200, *SMALL)
    assert done.returncode == 0, done.stderr
    last = rows(tmp_path / "a")[-1]
    assert last["ppo_updates_total"] > 1
    assert last["world_model_updates_total"] > 1
    assert last["steps_total"] >= 1200


def _serial(tmp_path: Path, name: str, *words: object) -> list[dict[str, Any]]:
    small = [*SMALL, *SHORT, "--policy.hidden", 32]
    done = command("train", "--serial", "--runs-dir", tmp_path, "--name", name, *words, *small)
    assert done.returncode == 0, done.stderr
    return [_but_times(row) for row in rows(tmp_path / name)]


def _but_times(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if "second" not in name}


def test_two_serial_runs_resumed_from_one_checkpoint_are_identical(tmp_path: Path) -> None:
    """Random states, normalisers, optimisers: whatever a resume forgot would be as chance has it."""
    # One level, so that the loss does not rise with each new one.
    _serial(tmp_path, "a", "--steps", 400, "--levels", "Airstriker-Genesis-v0")
    results = []
    for name, fork in (("copy", True), ("copy of the copy", False)):
        shutil.copytree(tmp_path / "a", tmp_path / name)
        done = command("train", "--resume", tmp_path / name, "--steps", 800, fork=fork)
        assert done.returncode == 0, done.stderr
        results.append([_but_times(row) for row in rows(tmp_path / name)])
    assert results[0] == results[1]
    history = results[0]
    _never_back(history)
    assert history[-1]["steps_total"] >= 800
    # The losses go on where they were instead of where they began.
    losses = np.array([row["world_model_loss_vae"] for row in history if row["world_model_loss_vae"]])
    assert losses[-1] < losses[0]
