"""Errors of the disk that are no full disk, while a run's log is written: its lines wait."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_LIMITED = """
import resource, sys
from pathlib import Path
from cluster.config.config import TrainConfig
from cluster.metrics.log import MetricsLog
from cluster.run.folder import RunFolder

run = RunFolder.create(TrainConfig(runs_dir=Path(sys.argv[1]), name="a"))
least, most = resource.getrlimit(resource.RLIMIT_FSIZE)

def row(number):
    return {"iteration": number, "steps_total": number, **{f"n{i}": float(number) for i in range(300)}}

with MetricsLog(run, "127.0.0.1", 0, 0) as log:
    assert log.write(row(1)) == ""
    # Of every file of this process, TensorBoard's included: as a quota is.
    resource.setrlimit(resource.RLIMIT_FSIZE, (run.metrics_path.stat().st_size + 100, most))
    for number in range(2, 40):
        print(log.write(row(number)))
    resource.setrlimit(resource.RLIMIT_FSIZE, (least, most))
    assert log.write(row(40)) == ""
"""


def test_lines_wait_and_nothing_hangs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, tmp_path], cwd=ROOT, capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["File too large"] * 38
    lines = (tmp_path / "a" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["iteration"] for line in lines] == list(range(1, 41))
