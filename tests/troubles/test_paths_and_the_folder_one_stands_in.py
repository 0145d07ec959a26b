"""A run whose Python and folders have spaces in their paths, in a folder of modules with our names."""

import json
import os
import shutil
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.runs import SMALL, rows

# Ours, and of the standard library those that programs of ours begin with.
NAMES = ("cluster", "actors", "learners", "world_model", "windup", "signal", "ctypes", "subprocess", "numpy", "ray")


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This environment's packages, under another path."""
    folder = tmp_path_factory.mktemp("a checkout & more (2)") / ".venv"
    venv.create(folder, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "ours.pth").write_text(
        "".join(f"import site; site.addsitedir({path!r})\n" for path in site.getsitepackages())
    )
    return folder / "bin" / "python"


@pytest.fixture
def trapped(tmp_path: Path) -> Path:
    """A folder of modules that tell that they were executed."""
    folder = tmp_path / "where one stands"
    folder.mkdir()
    for name in NAMES:
        executed = str(tmp_path / "executed")
        (folder / f"{name}.py").write_text(f"open({executed!r}, 'a').write({name!r} + ' ')\nraise SystemExit(1)\n")
    return folder


def test_a_run_of_all_parts(python: Path, trapped: Path, tmp_path: Path) -> None:
    temporary = Path(os.environ["TMPDIR"]) / "t t"
    temporary.mkdir()
    words = ["train", "--runs-dir", "my runs", "--name", "a run", "--steps", "200", "--levels", "Playroom.Act1", *SMALL]
    words += ["--preset", "light"]
    done = subprocess.run(
        [python, "-P", "-c", "from cluster.cli import main; main()", *words, "--actors", "1"],
        cwd=trapped,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    executed = tmp_path / "executed"
    assert not executed.exists(), executed.read_text()
    assert done.returncode == 0, done.stdout + done.stderr
    run = trapped / "my runs" / "a run"
    assert rows(run)[-1]["steps_total"] >= 200
    # What is told to be typed can be typed.
    assert "--resume 'my runs/a run'" in done.stdout
    assert list(temporary.iterdir()) == []
    shutil.rmtree(temporary)


def test_what_draws_does_not_ask_there_how(trapped: Path, tmp_path: Path) -> None:
    # No text: matplotlib, which looks for it, would not even load.
    (trapped / "matplotlibrc").write_bytes(b"\xff")
    (trapped / "a").mkdir()
    (trapped / "a" / "config.yaml").write_text("steps: 5\n")
    row = {"iteration": 1, "iteration_seconds": 1.0, "iteration_timestamp_seconds": 1e9, "steps_total": 5}
    row |= {"frames_total": 20, "episodes_total": 0, "levels": {}}
    (trapped / "a" / "metrics.jsonl").write_text(json.dumps(row) + "\n")
    # Its work is the file: nobody has to hear of it.
    words = ["bash", "-c", 'exec "$@" >&-', "bash", sys.executable, "-P", "-c", "from cluster.cli import main; main()"]
    done = subprocess.run(
        [*words, "compare", "a", "a"], cwd=trapped, capture_output=True, text=True, timeout=200, check=False
    )
    assert (done.returncode, done.stderr) == (0, "drawing the comparison of 2 runs\n")
    assert (trapped / "compare.html").is_file()
    assert not (tmp_path / "executed").exists()


def test_what_no_path_may_have_is_told_at_once(tmp_path: Path) -> None:
    temporary = tmp_path / "it's"
    temporary.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", "from cluster.cli import main; main()", "train", "--runs-dir", tmp_path / "runs"],
        env=os.environ | {"TMPDIR": str(temporary)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert str(temporary) in done.stderr
    assert not (tmp_path / "runs").exists()
