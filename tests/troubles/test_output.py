"""Output that nobody reads, or that cannot be written: training goes on, and short commands say so by their code."""

import errno
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from cluster.host.streams import SafeOutput
from cluster.run.checkpoints import newest_intact
from tests.runs import PROGRAM, SMALL, left_of, rows

_LEVELS = [*PROGRAM, "levels", "Airstriker-Genesis-v0"]


def _shell(words: list[str], redirected: str, **options: object) -> "subprocess.Popen[str]":
    """A command as a shell starts it, with its descriptors as the words of the shell say."""
    whole = ["bash", "-c", f'exec "$@" {redirected}', "bash", *words]
    return subprocess.Popen(whole, text=True, **options)  # type: ignore[call-overload, no-any-return]


def test_a_run_whose_reader_goes_and_whose_errors_are_closed_trains_to_its_end(tmp_path: Path) -> None:
    words = ["train", "--serial", "--emulator", "native", "--preset", "light", "--levels", "Playroom.Act1"]
    words += ["--steps", "512", "--runs-dir", str(tmp_path), "--name", "a", *SMALL]
    process = _shell([*PROGRAM, *words], "2>&-", stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout
    assert process.stdout.readline().startswith(f"{tmp_path}/a: Playroom.Act1, to 512 steps")
    process.stdout.close()
    assert process.wait(300) == 0
    assert rows(tmp_path / "a")[-1]["steps_total"] >= 512
    checkpoint, warnings = newest_intact(tmp_path / "a" / "checkpoints")
    assert checkpoint is not None
    assert warnings == []
    assert left_of(process, tmp_path / "a") == []


@pytest.mark.parametrize(
    ("redirected", "message"),
    [
        (">/dev/full", "sonic-worlds: error: the output cannot be written: No space left on device\n"),
        (">&-", "sonic-worlds: error: the output cannot be written: Bad file descriptor\n"),
        (">/dev/full 2>&-", ""),
        ("<&- >&- 2>&-", ""),
    ],
)
def test_a_short_command_says_that_its_output_is_lost(redirected: str, message: str) -> None:
    process = _shell(_LEVELS, redirected, stderr=subprocess.PIPE)
    assert process.communicate(timeout=120)[1] == message
    assert process.returncode == 1


def test_a_reader_that_has_seen_enough_hears_no_more() -> None:
    process = _shell(_LEVELS, "", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout
    process.stdout.close()
    assert process.stderr
    assert process.stderr.read() == ""
    assert process.wait(120) == 1


def test_what_can_be_written_is() -> None:
    process = _shell(_LEVELS, "2>&-", stdout=subprocess.PIPE)
    assert process.communicate(timeout=120)[0] == "Airstriker-Genesis-v0/Level1\t-\trom\n"
    assert process.returncode == 0


def _gone_pipe() -> int:
    read, write = os.pipe()
    os.close(read)
    return write


def _gone_terminal() -> int:
    master, slave = pty.openpty()
    os.close(master)
    return slave


def _full_disk() -> int:
    return os.open("/dev/full", os.O_WRONLY)


@pytest.fixture(params=[(_gone_pipe, errno.EPIPE), (_gone_terminal, errno.EIO), (_full_disk, errno.ENOSPC)])
def lost(request: pytest.FixtureRequest) -> Iterator[tuple[int, int]]:
    descriptor = request.param[0]()
    yield descriptor, request.param[1]
    os.close(descriptor)


def test_the_first_error_is_kept_and_none_is_raised(lost: tuple[int, int]) -> None:
    descriptor, number = lost
    stream = SafeOutput(descriptor)
    assert stream.write(b"some text") == 9
    assert stream.write(b"more") == 4
    assert stream.error is not None
    assert stream.error.errno == number


def test_a_pipe_that_does_not_wait_gets_all_of_it() -> None:
    """A program beside ours may have made the terminal so."""
    text = b"0123456789abcdef" * 65536
    read, write = os.pipe()
    os.set_blocking(write, False)
    child = os.fork()
    if child == 0:
        os.close(read)
        with suppress(BaseException):
            stream = SafeOutput(write)
            os._exit(0 if stream.write(text) == len(text) and stream.error is None else 1)
        os._exit(1)
    os.close(write)
    with open(read, "rb") as reader:
        assert reader.read() == text
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


_IN_A_SIGNAL = """
import os, signal, sys
from cluster.host.streams import take_standard_streams

take_standard_streams()
signal.signal(signal.SIGALRM, lambda number, frame: print("heard \\u2013 \\udcff", flush=True))
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
for number in range(20_000):
    print(number)
signal.setitimer(signal.ITIMER_REAL, 0)
"""


def test_a_signal_s_handler_may_print_and_so_may_whoever_has_letters_that_the_terminal_lacks() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    words = [sys.executable, "-c", _IN_A_SIGNAL]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    heard = r"heard \u2013 \udcff"
    assert heard in done.stdout
    # It may come between a number and the end of its line.
    assert done.stdout.replace(heard, "").split() == [str(number) for number in range(20_000)]
