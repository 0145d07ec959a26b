"""Stable-Baselines3's PPO is trained, evaluated and told of in a study, as our own runs are."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STUDY = """
name: rivals
steps: 16_384
seeds: [0]
base: {emulator.kind: native, levels: Attic.Act3}
evaluate: {levels: Attic.Act3, episodes: 1}
variants:
  eyes: {rival: sb3-eyes}
  same-ppo: {rival: sb3-eyes-same-ppo, policy.epochs: 1}
"""


@pytest.mark.skipif(not (ROOT / ".venv-peers/sb3/.installed").exists(), reason="not installed: make peers")
def test_a_rival_leaves_a_result(tmp_path: Path) -> None:
    study = tmp_path / "study.yaml"
    study.write_text(STUDY)
    command = [sys.executable, "-m", "cluster", "study", study, "--out", tmp_path / "out"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads((tmp_path / "out/results/rivals/eyes-s0.json").read_text())
    assert result["steps"] == 16_384
    assert [list(evaluation["scores"]) for evaluation in result["evaluations"]] == [["Windup-Genesis-v0/Attic.Act3"]]
