"""Logic, drawing, renderer and states run clean under AddressSanitizer and UndefinedBehaviorSanitizer on all levels."""

import subprocess
from pathlib import Path

import pytest

from tests.windup.chosen_levels import PROOF
from tests.windup.compilers import need
from windup.leveling.level_file import read_levels
from windup.native.library import SOURCES
from windup.tools.assets import write_assets
from windup.tools.compile_levels import write_levels
from windup.tools.native import SOURCES as GAME

pytestmark = pytest.mark.slow

HARNESS = Path(__file__).with_name("all_levels.c")
ELSEWHERE = ("module.c", "saved.c", "games.c", "way.c")
"""Python's part; what the harness includes; what only calls the rest."""
SANITIZERS = "-fsanitize=address,undefined -fno-sanitize-recover=all"
# The game shifts negative numbers to the left, which gcc defines, here as on the 68000.
ALLOWED = "-fno-sanitize=shift-base"
FLAGS = f"{SANITIZERS} {ALLOWED} -g -O1 -std=gnu11 -pthread -Wall -Wextra -Werror -DWINDUP_NATIVE -DWINDUP_BUILD=1"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need("cc")
    folder = tmp_path_factory.mktemp("sanitized")
    write_assets(folder)
    write_levels(read_levels(), folder / "generated_levels.c")
    sources = [file for file in sorted(SOURCES.glob("*.c")) if file.name not in ELSEWHERE]
    includes = [f"-I{place}" for place in (GAME, SOURCES, folder)]
    output = folder / "all_levels"
    command = ["cc", *FLAGS.split(), *includes, HARNESS, *sources, folder / "assets.c", "-o", output]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return output


def _run(program: Path, frames: int, damaged: int) -> "subprocess.CompletedProcess[str]":
    """The harness, with frames and damaged states of each level."""
    words = [program, str(frames), str(damaged)]
    return subprocess.run(words, capture_output=True, text=True, timeout=500, check=False)


def test_all_levels_run_clean(program: Path) -> None:
    done = _run(program, 2400 if PROOF else 600, 0)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("58 levels")


def test_damaged_states_that_pass_their_check_do_no_harm(program: Path) -> None:
    done = _run(program, 40, 120 if PROOF else 30)
    assert (done.returncode, done.stderr) == (0, "")
    taken, made = map(int, done.stdout.replace(" damaged states taken", "").split(", ")[1].split(" of "))
    assert made // 20 < taken < made, "some are refused, and some are played"
