"""The library is built at installation where there is a C compiler, and left out where there is none."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.windup.compilers import need

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
SAVE = """
import ctypes, sys
from pathlib import Path
from windup.native import games, library
core = library.declare(ctypes.CDLL(sys.argv[1]))
games.library = lambda: core
with games.Games(1) as one:
    if sys.argv[2] == "save":
        one.reset([0], [7])
        one.step([8], [False])
        Path(sys.argv[3]).write_bytes(one.save(0))
    else:
        one.load(0, Path(sys.argv[3]).read_bytes())
        print(one.level(0), *one.variables(0).values())
"""


def checkout(folder: Path) -> Path:
    """A copy of what a wheel is built from, without what was built here."""
    skip = shutil.ignore_patterns("__pycache__", "*.so", "*.state")
    for name in ("windup", "actors", "learners", "world_model", "cluster", "pretrained"):
        shutil.copytree(ROOT / name, folder / name, ignore=skip)
    for name in ("setup.py", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    return folder


def build(folder: Path, **environment: str) -> tuple[str, Path]:
    """What was said, and the folder with the wheel's files."""
    command = [sys.executable, "setup.py", "bdist_wheel", "--dist-dir", "out"]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = (folder / "out").iterdir()
    ZipFile(wheel).extractall(folder / "wheel")
    return done.stdout + done.stderr, folder / "wheel"


@pytest.mark.timeout(600)
def test_two_builds_at_once_make_wheels_whose_games_take_each_other_s_states(tmp_path: Path) -> None:
    need("cc")
    with ThreadPoolExecutor(2) as pool:
        folders = [checkout(tmp_path / name) for name in "ab"]
        wheels = list(pool.map(lambda folder: build(folder, CFLAGS="-Wall -Wextra -Werror")[1], folders))
    libraries = [next((wheel / "windup" / "native").glob("_core*.so")) for wheel in wheels]
    seen = [
        subprocess.run(
            [sys.executable, "-c", SAVE, library, what, tmp_path / "state"],
            cwd=wheel,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
        for what, wheel, library in zip(("save", "load"), wheels, libraries, strict=True)
    ]
    assert seen[0] == ""
    assert seen[1].startswith("7 ")


def test_without_a_compiler_the_wheel_is_built_and_the_game_says_what_is_missing(tmp_path: Path) -> None:
    said, wheel = build(checkout(tmp_path / "a"), CC=str(tmp_path / "no-such-compiler"))
    assert "windup.native._core" in said
    assert not list(wheel.rglob("*.so"))
    script = "from windup.native import games\ntry: games.Games(1)\nexcept Exception as e: print(type(e).__name__, e)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=wheel, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.startswith("NativeUnavailable the native game was not built")
