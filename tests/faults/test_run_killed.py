"""Runs that end in every way there is."""

import os
import random
import signal
import time
from pathlib import Path
from typing import Any

from benchmarks.process_tree import descendants
from cluster.run.checkpoints import Checkpoint, Checkpoints
from tests.runs import SMALL, Process, interrupt, left_of, rows, start, wait_for_rows


def _names(pid: int) -> str:
    return " ".join(
        (Path("/proc") / str(child) / "cmdline").read_bytes().decode() for child in descendants(pid, "ray::")
    )


def test_a_run_outlives_its_emulators_and_its_driver_and_ctrl_c_ends_it_in_good_order(tmp_path: Path) -> None:
    run = tmp_path / "a"
    # Here and below: workers that are forks would end with their driver anyway.
    process = start("train", "--runs-dir", tmp_path, "--name", "a", "--steps", 100_000, *SMALL, fork=False)
    wait_for_rows(run, 1, process)
    _kill_an_emulator(run, process)
    _kill_the_driver(run, process)
    reached = len(rows(run))
    (checkpoint, warnings), saved = _newest(run)
    assert warnings == []

    begin = time.monotonic()
    process = start("train", "--resume", run)
    # Rows after the checkpoint are taken back first.
    wait_for_rows(run, reached + 1, process)
    print(f"\ndriver killed: past where it had been {time.monotonic() - begin:.1f} s after its new start")
    while rows(run)[-1]["weights_version"] <= saved["weights_version"]:
        wait_for_rows(run, len(rows(run)) + 1, process)
    interrupt(process)
    printed, _ = process.communicate(timeout=300)
    assert process.returncode == 0, printed
    assert "stopping after this iteration" in printed
    assert f"next: sonic-worlds train --resume {run} --steps 100000" in printed
    assert "Traceback" not in printed
    history = rows(run)
    assert [row["iteration"] for row in history] == list(range(1, len(history) + 1))
    assert history[checkpoint.iteration - 1] == saved
    assert history[-1]["steps_total"] > saved["steps_total"]
    assert history[-1]["world_model_updates_total"] >= saved["world_model_updates_total"]
    (checkpoint, _), last = _newest(run)
    assert last == history[-1]
    assert left_of(process, run) == []


def _kill_an_emulator(run: Path, process: Process) -> None:
    """Another one takes its place."""
    emulators = descendants(process.pid, "(emulator)")
    assert len(emulators) == 2
    begin = time.monotonic()
    os.kill(emulators[0], signal.SIGKILL)
    deadline = time.monotonic() + 200
    while rows(run)[-1]["emulator_restarts_total"] < 1 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert rows(run)[-1]["emulator_restarts_total"] == 1
    seen = len(rows(run))
    wait_for_rows(run, seen + 1, process)
    print(f"\nemulator killed: another in its place, and an iteration with it, {time.monotonic() - begin:.1f} s later")


def _kill_the_driver(run: Path, process: Process) -> None:
    """At any moment, once there is something to go on from. Nothing is left of it."""
    wait_for_rows(run, 3, process)
    while not list((run / "checkpoints").glob("iteration-*")):
        time.sleep(0.02)
    time.sleep(random.uniform(0, 4))
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert left_of(process, run) == []


def _newest(run: Path) -> "tuple[tuple[Checkpoint, list[str]], dict[str, Any]]":
    """The newest intact checkpoint with what it warns of, and the row that it was saved after."""
    checkpoint, warnings = Checkpoints(run / "checkpoints", 3).newest_intact()
    assert checkpoint is not None
    row = rows(run)[checkpoint.iteration - 1]
    assert checkpoint.summary["steps_total"] == row["steps_total"]
    return (checkpoint, warnings), row


def test_a_second_signal_ends_the_run_at_once(tmp_path: Path) -> None:
    run = tmp_path / "a"
    # One iteration takes longer than this test waits.
    slow = ["--policy.train-batch-steps=200000"]
    process = start("train", "--runs-dir", tmp_path, "--name", "a", "--steps", 10**6, *SMALL, *slow, fork=False)
    # Sequences are on the way: everything has started.
    deadline = time.monotonic() + 300
    while "ray::CuriousEnvRunner.apply" not in _names(process.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(3)
    process.terminate()
    time.sleep(2)
    assert process.poll() is None
    interrupt(process)
    printed, _ = process.communicate(timeout=120)
    assert process.returncode == 130, printed
    assert "Traceback" not in printed
    assert left_of(process, run) == []
