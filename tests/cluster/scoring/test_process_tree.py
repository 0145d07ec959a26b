"""Programs whose processor time is measured with that of all they start."""

import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cluster.scoring.process_tree import Sample, read_meter
from tests.processes import is_running

pytestmark = pytest.mark.slow

# In a process of its own: adopting orphans is for good.
_METERED = """
import sys
from pathlib import Path
from cluster.scoring.process_tree import MeteredProcess, adopt_orphans
adopt_orphans()
folder = Path(sys.argv[1])
process = MeteredProcess([sys.executable, "-c", sys.argv[2]], folder / "log", folder / "meter", {"WORD": "heard"})
while (code := process.wait(0.2)) is None:
    if (folder / "stop").exists():
        process.interrupt()
sys.exit(code)
"""
_BURN = "import time; begin = time.process_time()\nwhile time.process_time() < begin + 1.5: pass"
# A child that has no parent any more burns, too.
_ORPHANS = f"import os, sys; print(os.environ['WORD'])\nif os.fork():\n    os._exit(3)\n{_BURN}"


def _run(folder: Path, program: str) -> int:
    return subprocess.run([sys.executable, "-c", _METERED, folder, program], timeout=60, check=False).returncode


def test_what_outlives_its_parent_is_measured_and_waited_for(tmp_path: Path) -> None:
    assert _run(tmp_path, _ORPHANS) == 3
    first = read_meter(tmp_path / "meter")
    assert 0.4 < first[-1].cpu_seconds < 3
    assert (tmp_path / "log").read_text() == "heard\n"
    assert _run(tmp_path, _BURN) == 0
    both = read_meter(tmp_path / "meter")
    assert both[: len(first)] == first
    assert both[-1].cpu_seconds > first[-1].cpu_seconds + 0.4
    assert both[-1].wall_seconds > first[-1].wall_seconds
    used = [sample.cpu_seconds for sample in both]
    assert used == sorted(used)


def test_a_file_that_cannot_be_written_for_a_while_ends_nothing(tmp_path: Path) -> None:
    most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    # The program itself lets its parent's files grow again.
    program = f"""
import os, resource, time
time.sleep(1.5)
resource.prlimit(os.getppid(), resource.RLIMIT_FSIZE, ({most}, {most}))
time.sleep(1.5)
"""
    done = subprocess.run(
        [sys.executable, "-c", _METERED, tmp_path, program],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, most)),
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert read_meter(tmp_path / "meter")


def test_a_line_that_is_not_whole_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "meter").write_text("1 2 3\n4 5\n6 7 8")
    assert read_meter(tmp_path / "meter") == [Sample(1, 2, 3)]


def test_a_program_ends_with_a_killed_parent(tmp_path: Path) -> None:
    waits = f"import os, time; open('{tmp_path}/pid', 'w').write(str(os.getpid())); time.sleep(60)"
    parent = subprocess.Popen([sys.executable, "-c", _METERED, tmp_path, waits])
    pid = tmp_path / "pid"
    deadline = time.monotonic() + 30
    while not (pid.exists() and pid.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    while is_running(int(pid.read_text())):
        assert time.monotonic() < deadline
        time.sleep(0.05)
