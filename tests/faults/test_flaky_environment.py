"""Emulators that crash, stall and fail to reset, and a small task that is learned all the same. With -s: the scores."""

import os
import subprocess
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

from tests.runs import rows, start

CRASH, STALL, FAILED_RESET = 1e-3, 2e-4, 1e-2
"""Of a step, a step and a reset. A run of minutes meets as much as one of hours would with crashes in 1e-4 steps."""

# Python imports a module of this name before all others.
SITE = f"""
import sys
if "actors.emulator_process" in sys.orig_argv:
    import os, random, time
    from actors import emulator

    class Flaky(emulator.Emulator):
        def step(self, action, sticky):
            draw = random.random()
            if draw < {CRASH}:
                os.kill(os.getpid(), 9)
            if draw > 1 - {STALL}:
                time.sleep(random.uniform(2, 5))
            return super().step(action, sticky)

        def reset(self, state):
            if random.random() < {FAILED_RESET}:
                raise RuntimeError("the reset failed")
            super().reset(state)

    emulator.Emulator = Flaky
"""

# To run to the right, in episodes so short that nothing else matters.
TASK = ["--levels=TrainYard.Act4", "--emulator.max-episode-steps=60", "--curiosity=none", "--steps=10000"]
TASK += ["--actors=1", "--emulators-per-actor=8", "--policy.train-batch-steps=480", "--policy.minibatch-size=120"]
TASK += ["--policy.learning-rate=1e-3", "--policy.warm-up-steps=0", "--policy.hidden", "64", "--policy.entropy=0"]
# The policy's observations stay what they are.
TASK += ["--world-model.freeze-after=0", "--checkpoint.every-seconds=1000"]


def _scores(run: "subprocess.Popen[str]", folder: Path) -> tuple[float, float, dict[str, Any]]:
    """Mean return of the first episodes and of the last hundred, and the last row."""
    printed, _ = run.communicate(timeout=400)
    assert run.returncode == 0, printed
    history = rows(folder)
    first = [row["extrinsic_return_mean"] for row in history if row["extrinsic_return_mean"] is not None]
    return first[0], mean(first[-3:]), history[-1]


@pytest.mark.timeout(500)
def test_a_small_task_is_learned_to_its_usual_score(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without = start("train", "--runs-dir", tmp_path, "--name", "usual", *TASK)
    (tmp_path / "sitecustomize.py").write_text(SITE)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    # Side by side, which is faster than one after the other.
    with_faults = start("train", "--runs-dir", tmp_path, "--name", "flaky", *TASK)
    begin, usual, last = _scores(without, tmp_path / "usual")
    assert last["emulator_restarts_total"] == 0
    _, flaky, last = _scores(with_faults, tmp_path / "flaky")
    print(f"\nat first {begin:.0f}, usual {usual:.0f}, flaky {flaky:.0f}, {last['emulator_restarts_total']} restarts")
    assert usual > 1.5 * begin
    # Crashes, failed resets and stalls beyond the timeout.
    assert last["emulator_restarts_total"] >= 5
    assert flaky > begin + 0.8 * (usual - begin)
