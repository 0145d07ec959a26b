"""Emulators that die or hang, and pools that are killed."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import psutil
import pytest

from actors.emulation import emulator_pool
from actors.emulation.emulator_pool import EmulatorPool, EmulatorPoolError
from actors.emulation.settings import EmulatorSettings
from actors.games.levels import Level
from tests.descriptors import open_descriptors

GAME = "Airstriker-Genesis-v0"
LEVEL = Level(GAME, "Level1")
N = 3
LIMIT_SECONDS = 30.0
"""Also on a machine that has much else to do; an emulator that is waited for in vain takes a minute."""


def _pool(max_episode_steps: int = 4500, timeout_s: float = 3.0) -> EmulatorPool:
    settings = EmulatorSettings(max_episode_steps=max_episode_steps, stuck_steps=None, timeout_s=timeout_s)
    return EmulatorPool([GAME] * N, lambda i: LEVEL, settings, 0)


def _children() -> set[int]:
    """The processes that the main thread started."""
    return {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}


@pytest.mark.parametrize("harm", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hung"])
def test_an_emulator_is_replaced_and_the_others_do_not_notice(harm: signal.Signals) -> None:
    actions = np.random.default_rng(1).integers(0, 10, (60, N))
    with _pool() as harmed, _pool() as reference:
        opening = harmed.reset().copy()
        reference.reset()
        seconds = []
        for t, row in enumerate(actions):
            if t == 20:
                os.kill(harmed.pids[1], harm)
            begin = time.monotonic()
            step = harmed.step(row)
            seconds.append(time.monotonic() - begin)
            expected = reference.step(row)
            others = [0, 2]
            assert np.array_equal(step.frames[others], expected.frames[others])
            assert np.array_equal(step.rewards[others], expected.rewards[others])
            assert np.array_equal(step.terminated, expected.terminated)
            assert step.replaced.tolist() == [False, t == 20, False]
            assert step.truncated.tolist() == [False, t == 20, False]
            assert step.first.tolist() == [False, t == 21, False]
            if t == 20:
                assert step.rewards[1] == 0
            if t == 21:
                assert np.array_equal(step.frames[1], opening[1])
        # From the harm to the new episode's first frame. It takes a second or two where nothing else runs.
        assert sum(seconds[20:22]) < LIMIT_SECONDS
        assert (harmed.restarts_total, reference.restarts_total) == (1, 0)
        # The new one plays.
        assert not np.array_equal(step.frames[1], opening[1])


def test_all_emulators_that_hang_at_once_take_no_longer_than_one() -> None:
    with _pool(timeout_s=10) as pool:
        pool.reset()
        for pid in pool.pids:
            os.kill(pid, signal.SIGSTOP)
        begin = time.monotonic()
        assert pool.step(np.zeros(N, np.int64)).replaced.all()
        assert pool.step(np.zeros(N, np.int64)).first.all()
        # One after the other they would take half a minute.
        assert time.monotonic() - begin < 25
        assert pool.restarts_total == N


def test_an_emulator_killed_while_it_resets_starts_again() -> None:
    with _pool(max_episode_steps=1) as pool:
        pool.reset()
        assert pool.step(np.zeros(N, np.int64)).truncated.all()
        pool.send(np.zeros(N, np.int64))
        os.kill(pool.pids[0], signal.SIGKILL)
        step = pool.receive()
        assert step.first.all()
        assert not step.replaced.any()
        # Unless it had answered before the signal came: then the next step finds it dead.
        if pool.restarts_total == 0:
            assert pool.step(np.zeros(N, np.int64)).replaced[0]
        assert pool.restarts_total == 1


@pytest.mark.parametrize("harm", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hung"])
def test_an_emulator_that_does_not_come_to_its_reset_is_replaced_in_it(harm: signal.Signals) -> None:
    with _pool(max_episode_steps=1) as pool:
        opening = pool.reset().copy()
        assert pool.step(np.zeros(N, np.int64)).truncated.all()
        os.kill(pool.pids[0], harm)
        begin = time.monotonic()
        step = pool.step(np.zeros(N, np.int64))
        assert time.monotonic() - begin < LIMIT_SECONDS
        assert step.first.all()
        assert not step.truncated.any()
        assert not step.replaced.any()
        assert np.array_equal(step.frames, opening)
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


def test_a_fork_server_killed_while_its_pool_starts_is_replaced() -> None:
    before = _children()

    def kill_the_first() -> None:
        while not (new := _children() - before):
            time.sleep(0.001)
        os.kill(min(new), signal.SIGKILL)

    killer = threading.Thread(target=kill_the_first, daemon=True)
    killer.start()
    with _pool() as pool:
        killer.join()
        assert 1 <= pool.restarts_total <= N
        assert pool.reset().any((1, 2, 3)).all()
        assert not pool.step(np.zeros(N, np.int64)).replaced.any()


def test_an_emulator_that_never_starts_is_told_with_its_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    before, descriptors = _children(), open_descriptors()
    monkeypatch.setattr(emulator_pool, "actions_of", lambda game: (("NO BUTTON",),))
    with pytest.raises(EmulatorPoolError, match=r"(?s)emulator 0 of Airstriker-Genesis-v0 does not start.*ValueError"):
        _pool()
    gc.collect()
    assert _children() == before
    assert open_descriptors() == descriptors


def test_a_fork_server_that_dies_takes_its_emulators_along_and_all_are_replaced() -> None:
    before = _children()
    with _pool() as pool:
        (server,) = _children() - before
        opening = pool.reset().copy()
        os.kill(server, signal.SIGKILL)
        # Some may answer before the kernel comes to them.
        steps = [pool.step(np.zeros(N, np.int64))]
        while pool.restarts_total < N and len(steps) < 500:
            steps.append(pool.step(np.zeros(N, np.int64)))
        assert sum(step.replaced for step in steps).tolist() == [1] * N
        for before_it, step in pairwise(steps):
            assert np.array_equal(step.first, before_it.replaced)
        assert np.array_equal(pool.reset(), opening)
        assert pool.restarts_total == N
    assert _children() == before


def test_a_fork_server_that_hangs_is_replaced_when_an_emulator_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulator_pool, "_BOOT_SECONDS", 10.0)
    before = _children()
    with _pool() as pool:
        (server,) = _children() - before
        opening = pool.reset().copy()
        os.kill(server, signal.SIGSTOP)
        os.kill(pool.pids[0], signal.SIGKILL)
        steps = [pool.step(np.zeros(N, np.int64)) for _ in range(2)]
        assert steps[0].replaced.tolist() == [True, False, False]
        assert steps[1].first[0]
        # With the server go the emulators that it had forked.
        while pool.restarts_total < N and len(steps) < 500:
            steps.append(pool.step(np.zeros(N, np.int64)))
        assert sum(step.replaced for step in steps).tolist() == [1] * N
        assert np.array_equal(pool.reset(), opening)
    assert _children() == before


@pytest.mark.parametrize("stopped", [False, True], ids=["awake", "one stopped"])
def test_a_killed_owner_leaves_no_emulator(stopped: bool) -> None:
    script = f"""
import time
from actors.emulation.settings import EmulatorSettings
from actors.emulation.emulator_pool import EmulatorPool
from actors.games.levels import Level
pool = EmulatorPool(["{GAME}"] * 2, lambda i: Level("{GAME}", "Level1"), EmulatorSettings(stuck_steps=None), 0)
pool.reset()
print(*pool.pids, flush=True)
time.sleep(600)
"""
    owner = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert owner.stdout
    pids = [int(pid) for pid in owner.stdout.readline().split()]
    owner.stdout.close()
    assert len(pids) == 2
    if stopped:
        os.kill(pids[0], signal.SIGSTOP)
    owner.kill()
    owner.wait()
    deadline = time.monotonic() + LIMIT_SECONDS
    while (left := list(filter(psutil.pid_exists, pids))) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert not left
