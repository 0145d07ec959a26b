"""Emulators that crash, stall and fail to reset, and a small task that is learned all the same. With -s: the scores."""

import os
from pathlib import Path

import pytest

from tests.runs import command, rows

CRASH, STALL, FAILED_RESET = 1e-3, 2e-4, 1e-2
"""Of a step, a step and a reset. A run of minutes meets as much as one of hours would with crashes in 1e-4 steps."""

USUAL = 825.0
"""What the task below is learned to without any of it, measured once by the same command."""

# Python imports a module of this name before all others.
SITE = f"""
import sys
if "actors.emulation.emulator_child" in sys.orig_argv:
    import os, random, time
    from actors.emulation import emulator

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
TASK = ["--levels=TrainYard.Act4", "--emulator.max-episode-steps=60", "--curiosity=none", "--steps=12000"]
TASK += ["--actors=1", "--emulators-per-actor=8", "--policy.train-batch-steps=480", "--policy.minibatch-size=120"]
TASK += ["--policy.learning-rate=1e-3", "--policy.warm-up-steps=0", "--policy.hidden", "64", "--policy.entropy=0"]
# The policy's observations stay what they are.
TASK += ["--world-model.freeze-after=0", "--checkpoint.every-seconds=1000"]


@pytest.mark.timeout(1200)
def test_a_small_task_is_learned_to_its_usual_score(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sitecustomize.py").write_text(SITE)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    done = command("train", "--runs-dir", tmp_path, "--name", "flaky", *TASK, timeout=1100)
    assert done.returncode == 0, done.stderr
    history = rows(tmp_path / "flaky")
    # Of the first episodes, and of the last hundred.
    begin, *_, end = [row["extrinsic_return_mean"] for row in history if row["extrinsic_return_mean"] is not None]
    restarts = history[-1]["emulator_restarts_total"]
    print(f"\nat first {begin:.0f}, in the end {end:.0f} (usual {USUAL:.0f}), {restarts} restarts")
    # Crashes, failed resets and stalls beyond the timeout.
    assert restarts >= 5
    assert begin < 0.5 * USUAL
    assert end > begin + 0.8 * (USUAL - begin)
