"""Emulators that die or hang, and pools that are killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from actors.emulator_pool import EmulatorPool, EmulatorSettings
from actors.levels import Level

GAME = "Airstriker-Genesis-v0"
LEVEL = Level(GAME, "Level1")
N = 3


def _pool() -> EmulatorPool:
    return EmulatorPool([GAME] * N, lambda i: LEVEL, EmulatorSettings(), 0)


@pytest.mark.parametrize("harm", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hung"])
def test_an_emulator_is_replaced_and_the_others_do_not_notice(harm: signal.Signals) -> None:
    actions = np.random.default_rng(1).integers(0, 10, (40, N))
    with _pool() as harmed, _pool() as reference:
        harmed.reset()
        reference.reset()
        for t, row in enumerate(actions):
            if t == 20:
                os.kill(harmed.pids[1], harm)
            begin = time.monotonic()
            step, expected = harmed.step(row), reference.step(row)
            # The stated limit.
            assert time.monotonic() - begin < 5
            others = [0, 2]
            assert np.array_equal(step.frames[others], expected.frames[others])
            assert np.array_equal(step.rewards[others], expected.rewards[others])
            assert not step.truncated[others].any()
            assert step.replaced.tolist() == [False, t == 20, False]
            assert step.truncated[1] == (t == 20)
            assert step.first[1] == (t == 21)
        assert (harmed.restarts_total, reference.restarts_total) == (1, 0)
        # The new one plays.
        assert not np.array_equal(harmed.step(actions[0]).frames[1], reference.reset()[1])


def test_an_emulator_killed_while_it_resets_starts_again() -> None:
    with _pool() as pool:
        pool.reset()
        pool._over[:] = True
        pool.send(np.zeros(N, np.int64))
        os.kill(pool.pids[0], signal.SIGKILL)
        step = pool.receive()
        assert step.first.all()
        assert not step.replaced.any()
        # Unless it had answered before the signal came: then the next step finds it dead.
        if pool.restarts_total == 0:
            assert pool.step(np.zeros(N, np.int64)).replaced[0]
        assert pool.restarts_total == 1


def test_an_emulator_killed_while_its_replacement_boots_is_replaced_again() -> None:
    with _pool() as pool:
        pool.reset()
        os.kill(pool.pids[0], signal.SIGKILL)
        assert pool.step(np.zeros(N, np.int64)).replaced[0]
        os.kill(pool.pids[0], signal.SIGKILL)
        step = pool.step(np.zeros(N, np.int64))
        assert step.first[0]
        assert pool.restarts_total == 2
        assert not pool.step(np.zeros(N, np.int64)).replaced.any()


def test_a_killed_owner_leaves_no_emulator() -> None:
    script = f"""
import time
from actors.emulator_pool import EmulatorPool, EmulatorSettings
from actors.levels import Level
pool = EmulatorPool(["{GAME}"] * 2, lambda i: Level("{GAME}", "Level1"), EmulatorSettings(), 0)
pool.reset()
print(*pool.pids, flush=True)
time.sleep(600)
"""
    owner = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert owner.stdout
    pids = [int(pid) for pid in owner.stdout.readline().split()]
    owner.stdout.close()
    assert len(pids) == 2
    owner.kill()
    owner.wait()
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
