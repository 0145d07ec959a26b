"""`sonic-worlds doctor`: what works here, and what was made not to."""

import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

from tests.runs import command

ROOT = Path(__file__).parents[2]
_LIMITED = """
import resource, sys
from tests.troubles.seccomp import refuse

refuse("sched_setscheduler", "setpriority")
resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300))
from cluster.host import machine

for finding in (machine.kernel_calls(), machine.descriptors()):
    print(finding.state, finding.line)
"""


def test_it_finds_all_well_and_tells_the_same_as_json(tmp_path: Path) -> None:
    done = command("doctor", "--json", "--runs-dir", tmp_path / "runs", fork=False)
    report = json.loads(done.stdout)
    result = {finding["what"]: finding["state"] for finding in report["findings"]}
    for what in ("Python", "packages", "kernel calls", "runs folder", "emulators", "private Redis", "torch", "Ray"):
        assert result[what] == "ok", report
    assert (done.returncode, report["ok"]) == (0, True)
    assert not (tmp_path / "runs").exists()


def test_what_is_broken_is_told_with_its_mend_and_by_the_exit_code(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    words = ["--redis-url", "redis://127.0.0.1:1", "--address", "127.0.0.1:1", "--runs-dir", tmp_path / "file" / "runs"]
    done = command("doctor", *words, fork=False)
    assert done.returncode == 1
    for line in ("broken   Redis ", "broken   Ray cluster ", "broken   runs folder "):
        assert line in done.stdout
    assert "mend: choose another" in done.stdout
    lines = done.stdout.splitlines()
    assert all("mend: " in after for line, after in pairwise(lines) if line.startswith(("limited", "broken")))
    assert done.stdout.endswith("3 broken\n")


def test_train_begins_with_the_same_checks(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _LIMITED], cwd=ROOT, capture_output=True, text=True, check=True)
    calls, descriptors = done.stdout.splitlines()
    assert calls.startswith("limited kernel calls: refused: sched_setscheduler (Operation not permitted)")
    assert "; setpriority (Operation not permitted): " in calls
    assert descriptors.startswith("broken file descriptors: 300 a process")
    limited = ["sh", "-c", 'ulimit -n 300; exec "$@"', "sh", sys.executable, "-c"]
    words = ["from cluster.cli import main; main()", "train", "--runs-dir", tmp_path / "runs"]
    refused = subprocess.run([*limited, *words], capture_output=True, text=True, check=False, env=os.environ)
    assert refused.returncode == 2
    assert refused.stderr == f"sonic-worlds: error: {descriptors.partition(' ')[2]}\n"
    assert not (tmp_path / "runs").exists()
