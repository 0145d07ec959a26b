import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.processes import is_running

# Starts three children: one that bears the mark, one that wiped its environment but holds a file of the run's folder,
# and one that ignores SIGTERM and sits in a session of its own. Then it waits or ends as it is told.
_RUN = """
import os, subprocess, sys, tempfile, time
from cluster.host.janitor import Janitor
with Janitor() as janitor:
    open(os.path.join(tempfile.gettempdir(), "inside"), "w").close()
    sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    stubborn = [sys.executable, "-c", "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"]
    log = open(janitor.folder / "log", "w")
    children = [
        subprocess.Popen(sleep),
        subprocess.Popen(["env", "-i", *sleep], stdout=log),
        subprocess.Popen(stubborn, start_new_session=True),
    ]
    print(janitor.folder, *(child.pid for child in children), janitor._process.pid, flush=True)
    if sys.argv[1] == "wait":
        time.sleep(600)
    if sys.argv[1] == "raise":
        raise SystemError
"""


def _start(how: str) -> tuple[subprocess.Popen[str], Path, list[int]]:
    process = subprocess.Popen(
        [sys.executable, "-c", _RUN, how], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout
    folder, *pids = process.stdout.readline().split()
    process.stdout.close()
    return process, Path(folder), [int(pid) for pid in pids]


def _until(condition: Callable[[], bool], seconds: float = 120.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def test_nothing_is_left_of_a_run_that_ends() -> None:
    process, folder, pids = _start("end")
    assert process.wait(30) == 0
    assert not any(map(is_running, pids))
    assert not folder.exists()


def test_nothing_is_left_of_a_run_that_fails() -> None:
    process, folder, pids = _start("raise")
    assert process.wait(30) == 1
    assert not any(map(is_running, pids))
    assert not folder.exists()


def test_nothing_is_left_of_a_run_that_is_killed() -> None:
    process, folder, pids = _start("wait")
    assert all(map(is_running, pids))
    assert (folder / "inside").exists()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert _until(lambda: not any(map(is_running, pids)))
    assert _until(lambda: not folder.exists())


def test_another_run_is_left_alone() -> None:
    other, other_folder, other_pids = _start("wait")
    process, _, _ = _start("end")
    process.wait(30)
    assert all(map(is_running, [other.pid, *other_pids]))
    assert other_folder.exists()
    other.kill()
    other.wait()
    assert _until(lambda: not any(map(is_running, other_pids)) and not other_folder.exists())
