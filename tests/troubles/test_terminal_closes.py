"""The terminal closes: as SIGTERM, it ends a command in good order."""

import fcntl
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from cluster.run.checkpoints import newest_intact
from tests.runs import PROGRAM, SMALL, left_of, rows, wait_for_rows

_STOPPER = """
import os, signal, sys, time
from cluster.host.stopper import Stopper, stopped_as_by_ctrl_c
"""


def _python(script: str, *, ignored: bool = False) -> "subprocess.CompletedProcess[str]":
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN) if ignored else None
    try:
        return subprocess.run(
            [sys.executable, "-c", _STOPPER + script], capture_output=True, text=True, timeout=120, check=False
        )
    finally:
        if ignored:
            signal.signal(signal.SIGHUP, before)


@pytest.fixture(autouse=True)
def _not_ignored() -> Iterator[None]:
    """Under nohup what is started here would inherit that SIGHUP is ignored."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def test_a_run_on_it_saves_and_ends(tmp_path: Path) -> None:
    terminal, its = pty.openpty()

    def take_terminal() -> None:
        fcntl.ioctl(its, termios.TIOCSCTTY, 0)

    run = tmp_path / "a"
    words = ["train", "--emulator", "native", "--preset", "light", "--levels", "Playroom.Act1", "--actors", "1"]
    words += ["--steps", str(10**7), "--runs-dir", str(tmp_path), "--name", "a", *SMALL, "--checkpoint.every-seconds"]
    process = subprocess.Popen(
        [*PROGRAM, *words, "600"], stdin=its, stdout=its, stderr=its, start_new_session=True, preexec_fn=take_terminal
    )
    os.close(its)
    shown, closes = bytearray(), threading.Event()

    def show() -> None:
        while not closes.is_set():
            if select.select([terminal], [], [], 0.1)[0]:
                with suppress(OSError):
                    shown.extend(os.read(terminal, 65536))

    screen = threading.Thread(target=show)
    screen.start()
    try:
        wait_for_rows(run, 2, process)  # type: ignore[arg-type]
        assert newest_intact(run / "checkpoints")[0] is None
        closes.set()
        screen.join()
        assert b"steps" in shown
        # The kernel tells the leader of the session that the terminal has gone, a shell all that it has started.
        os.close(terminal)
        os.killpg(process.pid, signal.SIGHUP)
        os.killpg(process.pid, signal.SIGHUP)
        assert process.wait(120) == 0
        checkpoint, warnings = newest_intact(run / "checkpoints")
        assert checkpoint is not None
        assert checkpoint.iteration == len(rows(run)) >= 2
        assert warnings == []
        assert left_of(process, run) == []  # type: ignore[arg-type]
    finally:
        closes.set()
        screen.join()
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    ("signals", "code", "message"),
    [
        ("SIGHUP", 0, "first\n"),
        ("SIGHUP SIGHUP SIGHUP", 0, "first\n"),
        ("SIGTERM SIGHUP", 0, "first\n"),
        ("SIGHUP SIGTERM", 130, "first\nat once\n"),
    ],
)
def test_it_is_a_request_and_never_the_second_that_ends_at_once(signals: str, code: int, message: str) -> None:
    done = _python(f"""
with Stopper(lambda: print("first", flush=True), lambda: print("at once", flush=True)) as stop:
    for name in {signals!r}.split():
        os.kill(os.getpid(), getattr(signal, name))
    assert stop.requested
if {signals!r}.startswith("SIGHUP"):
    # What the context was in is being closed.
    os.kill(os.getpid(), signal.SIGHUP)
""")
    assert (done.returncode, done.stdout, done.stderr) == (code, message, "")


@pytest.mark.parametrize("name", ["SIGHUP", "SIGTERM"])
def test_what_is_being_recorded_is_closed(name: str) -> None:
    done = _python(f"""
try:
    with stopped_as_by_ctrl_c():
        try:
            os.kill(os.getpid(), signal.{name})
            time.sleep(60)
        finally:
            if signal.{name} == signal.SIGHUP:
                os.kill(os.getpid(), signal.SIGHUP)
            print("closed", flush=True)
except KeyboardInterrupt:
    if signal.{name} == signal.SIGHUP:
        os.kill(os.getpid(), signal.SIGHUP)
    sys.exit(7)
""")
    assert (done.returncode, done.stdout, done.stderr) == (7, "closed\n", "")


def test_nohup_is_meant() -> None:
    done = _python(
        """
with Stopper(lambda: None, lambda: None) as stop, stopped_as_by_ctrl_c():
    os.kill(os.getpid(), signal.SIGHUP)
    time.sleep(0.1)
    assert not stop.requested
""",
        ignored=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
