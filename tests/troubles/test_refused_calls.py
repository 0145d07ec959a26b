"""A container whose filter refuses calls of the kernel: emulators play without those that they can do without."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_PLAY = """
import os, signal, sys
import numpy as np
import psutil
from tests.troubles.seccomp import refuse

refuse("pidfd_open", "memfd_create", "sched_setscheduler", "setpriority")
from actors.emulation.emulator_pool import EmulatorPool
from actors.emulation.settings import EmulatorSettings
from actors.games.levels import Level

level = Level("Airstriker-Genesis-v0", "Level1")
with EmulatorPool([level.game] * 2, lambda i: level, EmulatorSettings(stuck_steps=None), 0) as pool:
    opening = pool.reset().copy()
    pids = pool.pids
    os.kill(pids[0], signal.SIGSTOP)
    step = pool.step(np.zeros(2, np.int64))
    assert step.replaced.tolist() == [True, False]
    assert not psutil.pid_exists(pids[0])
    assert np.array_equal(pool.step(np.zeros(2, np.int64)).frames[0], opening[0])
    pids = pool.pids
assert not any(map(psutil.pid_exists, pids))
"""


_STUDY = """
import sys
from pathlib import Path
from tests.troubles.seccomp import refuse

refuse("prctl", "setpriority")
from cluster.config.errors import UsageError
from cluster.scoring.process_tree import MeteredProcess, adopt_orphans

folder = Path(sys.argv[1])
assert MeteredProcess(["true"], folder / "log", folder / "meter", {}).wait(60) == 0
try:
    adopt_orphans()
except UsageError as error:
    print(error)
"""


def test_a_study_runs_without_niceness_and_says_what_it_needs(tmp_path: Path) -> None:
    words = [sys.executable, "-c", _STUDY, tmp_path]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("study: prctl(PR_SET_CHILD_SUBREAPER), without which ")
    assert "is refused: Operation not permitted; " in done.stdout
    assert done.stdout.count("\n") == 1


def test_emulators_start_are_replaced_and_end() -> None:
    done = subprocess.run([sys.executable, "-c", _PLAY], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
