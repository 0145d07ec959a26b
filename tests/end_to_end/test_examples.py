"""The programs of examples/, run as their docstrings say."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from cluster.run.agent import find_run, load_mind
from tests.refusals import Refused
from tests.runs import SMALL, command, rows

EXAMPLES = Path("examples").absolute()
TASK = ["--levels=Garden.Act1", "--emulator=native", "--serial", "--steps=600", *SMALL]


def _python(*words: object) -> str:
    """What a Python prints that finds the examples and this software."""
    env = os.environ | {"PYTHONPATH": os.pathsep.join((str(EXAMPLES), str(Path.cwd()), *filter(None, sys.path)))}
    done = subprocess.run(
        [sys.executable, *map(str, words)], env=env, capture_output=True, text=True, timeout=500, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.py")), ids=lambda file: file.name)
def test_an_example_is_short_and_shown(example: Path) -> None:
    assert len(example.read_text().splitlines()) < 60
    assert f"examples/{example.name}" in Path("docs/extending.md").read_text()


def test_train_from_python(tmp_path: Path) -> None:
    _python("-c", f"import train_from_python as t, pathlib; t.run(600, pathlib.Path({str(tmp_path)!r}))")
    (run,) = (path for path in tmp_path.iterdir() if (path / "metrics.jsonl").exists())
    assert rows(run)[-1]["steps_total"] >= 600
    assert find_run(run).checkpoint.summary["steps_total"] >= 600


def test_a_curiosity_and_a_network_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(EXAMPLES), os.environ.get("PYTHONPATH", ""))))
    own = ["--preset=small", "--curiosity=own_curiosity:Unlike", "--policy.network=own_network:Residual"]
    done = command("train", *TASK, *own, "--runs-dir", tmp_path, "--name", "own")
    assert done.returncode == 0, done.stderr
    last = rows(tmp_path / "own")[-1]
    # The signal is far above what is taken for nothing, so the share is reached.
    assert last["curiosity_mean"] > 0
    assert last["curiosity_share"] == pytest.approx(0.2, abs=0.1)

    # Whoever loads the agent has the network it was trained with.
    monkeypatch.syspath_prepend(EXAMPLES)
    mind = load_mind(find_run(tmp_path / "own"))
    seen = torch.rand(3, mind.model.spec.observation)
    assert mind.agent.policy(seen).shape == (3, mind.model.spec.actions)
    assert mind.value(seen).shape == (3, 1)
    assert "LayerNorm" in repr(mind.agent.policy)
    frames = np.zeros((1, 64, 64, 3), np.uint8)
    assert mind.agent.act([mind.agent.begin("Windup-Genesis-v0", np.random.default_rng(1))], frames)[0] < 10

    # A resume goes on with it, and with no other.
    refused = command("train", "--resume", tmp_path / "own", "--policy.network=own_network:Other")
    assert (refused.returncode, "has no class Other" in refused.stderr) == (2, True)
    again = command("train", "--resume", tmp_path / "own", "--steps=900")
    assert again.returncode == 0, again.stderr
    assert rows(tmp_path / "own")[-1]["steps_total"] >= 900


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--curiosity=nowhere:Class"], "--curiosity nowhere:Class: module nowhere cannot be imported"),
        (["--curiosity=json:Missing"], "--curiosity json:Missing: module json has no class Missing"),
        (["--policy.network=json:loads"], "--policy.network json:loads: module json has no class loads"),
        (["--policy.network=Wide"], "--policy.network 'Wide': it must be MODULE:CLASS"),
        (["--policy.network=json:JSONDecoder", "--algorithm=appo"], "--policy.network --algorithm appo"),
    ],
)
def test_classes_that_are_not_there(flags: list[str], message: str, tmp_path: Path, refused: Refused) -> None:
    words = [word for word in TASK if word != "--serial"]
    assert message in refused("train", *words, *flags, "--runs-dir", tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_encode_frames() -> None:
    latents, error = _encode_frames()
    assert latents.shape == (4, 128)
    assert not torch.equal(latents[0], latents[1])
    # Its V knows the game: a picture of one grey would be far worse.
    assert error < 0.02


def _encode_frames() -> tuple[torch.Tensor, float]:
    scope: dict[str, object] = {"__file__": str(EXAMPLES / "encode_frames.py"), "__name__": "encode_frames"}
    exec((EXAMPLES / "encode_frames.py").read_text(), scope)
    return scope["encode"](scope["PRETRAINED"])  # type: ignore[operator,no-any-return]


def test_a_game_of_ones_own(tmp_path: Path) -> None:
    printed = _python("-c", f"import own_game, pathlib; own_game.main(pathlib.Path({str(tmp_path)!r}), 600)")
    assert "2 levels, and nothing is wrong with them" in printed
    assert "Runner-Genesis-v0/Garden.Act2\t-\trom" in printed
    # Its actions are its own: three directions, with the button and without.
    assert find_run(tmp_path / "runs" / "mine").config.levels == "Runner-Genesis-v0"
    assert load_mind(find_run(tmp_path / "runs" / "mine")).model.spec.actions == 6
    assert (tmp_path / "mine.gif").stat().st_size > 1000


def test_a_folder_of_games_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SONIC_WORLDS_GAMES", f"{tmp_path}:{tmp_path / 'none'}")
    done = command("levels")
    assert done.returncode == 2
    assert done.stderr == f"sonic-worlds: error: SONIC_WORLDS_GAMES: {tmp_path / 'none'} is no folder\n"
