"""Whole runs by the command line."""

import json
from pathlib import Path

from tests.runs import SMALL, TWO_ACTORS, check_never_back, command, rows
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
SHORT = ["--emulator.max-episode-steps=45", "--world-model.training-ratio=0.5", "--checkpoint.every-seconds=1"]


def test_a_run_trains_everything_and_its_checkpoints_resume(tmp_path: Path) -> None:
    run = tmp_path / "a"
    # One level, so that the loss does not rise with each new one.
    words = ["--levels", "Playroom.Act1", "--steps", 1800, *SMALL, TWO_ACTORS, *SHORT]
    done = command("train", "--runs-dir", tmp_path, "--name", "a", *words)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert f"next: sonic-worlds train --resume {run} --steps 3600" in done.stdout
    history = rows(run)
    assert set(history[0]) >= KEYS
    last = history[-1]
    assert last["steps_total"] >= 1800
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
    check_never_back(history)
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
    done = command("train", "--resume", run, "--steps", 2400, *SHORT)
    assert done.returncode == 0, done.stderr
    assert f"warning: checkpoint {checkpoints[-1]} is damaged" in done.stdout
    assert f"going on from {checkpoints[-2]}" in done.stdout
    history = rows(run)
    check_never_back(history)
    assert history[-1]["steps_total"] >= 2400
    # What came after that checkpoint was taken back; from there on nothing is missing or twice.
    assert [row["iteration"] for row in history] == list(range(1, len(history) + 1))
    assert history[-1]["ppo_updates_total"] == len(history)
    first = history[before["iteration"]]
    # A batch, or one and a half if the first actor was in twice before the second.
    assert 200 < first["steps_total"] - before["summary"]["steps_total"] < 450
    assert first["lambda_mdn"] == history[before["iteration"] - 1]["lambda_mdn"]
