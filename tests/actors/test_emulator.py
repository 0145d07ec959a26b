"""One emulator a process: each comparison runs in processes of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from actors.emulation.emulator_process import EmulatorProcess
from actors.emulation.fork_server import ForkServer
from actors.games.games import WINDUP
from actors.games.levels import select_levels
from benchmarks.process_tree import own_kib

pytestmark = pytest.mark.slow

GAME = "Airstriker-Genesis-v0"
STEPS = 1500

# The inputs, the same for all: random actions, some of them sticky. Of the screens, and of what becomes of them at the
# two sizes, only the digests are kept.
_INPUTS = f"""
import hashlib, sys, numpy as np
from actors.games.games import actions_of
from windup.game import BUTTONS
from actors.emulation.screen import resize_screen
rng = np.random.default_rng(7)
ACTIONS = actions_of("{GAME}")
inputs = [(int(a), bool(s)) for a, s in zip(rng.integers(0, 10, {STEPS}), rng.random({STEPS}) < 0.25)]
seen = {{what: [] for what in ("rewards", "dones", "frames", "screens", 64, 128)}}
sized = {{size: np.zeros((size, size, 3), np.uint8) for size in (64, 128)}}
def note(reward, done, frames, screen, observe):
    for size, out in sized.items():
        observe(out)
        seen[size].append(hashlib.sha1(out).hexdigest())
    for what, value in zip(seen, (reward, done, frames, hashlib.sha1(screen.tobytes()).hexdigest())):
        seen[what].append(value)
def save():
    np.savez(sys.argv[1], **{{str(what): values for what, values in seen.items()}})
"""

_OURS = (
    _INPUTS
    + f"""
from actors.emulation.emulator import Emulator
emulator = Emulator("{GAME}", ACTIONS, exact=EXACT)
emulator.reset("Level1")
for action, sticky in inputs:
    reward, done, count = emulator.step(action, sticky)
    note(reward, done, count, emulator.screen(), emulator.observe)
    if done:
        emulator.reset("Level1")
save()
"""
)

# What stable-retro's own environment gives, a frame at a time.
_RETRO_ENV = (
    _INPUTS
    + f"""
import stable_retro
every_button = stable_retro.Actions.ALL
env = stable_retro.make("{GAME}", state="Level1", use_restricted_actions=every_button, render_mode="rgb_array")
env.reset()
before = None
for action, sticky in inputs:
    total, count, done = 0.0, 0, False
    for frame in range(4):
        held = before if frame == 0 and sticky and before is not None else action
        mask = np.array([button in ACTIONS[held] for button in BUTTONS], np.uint8)
        screen, reward, done, _, _ = env.step(mask)
        total += reward
        count += 1
        if done:
            break
    note(total, done, count, screen, lambda out: resize_screen(screen, out))
    before = action
    if done:
        env.reset()
        before = None
save()
"""
)


def _play(script: str, file: Path) -> dict[str, np.ndarray]:
    done = subprocess.run(
        [sys.executable, "-c", script, str(file)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    with np.load(file) as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def plays(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, np.ndarray]]:
    folder = tmp_path_factory.mktemp("plays")
    return {
        "lean": _play(_OURS.replace("EXACT", "False"), folder / "lean.npz"),
        "exact": _play(_OURS.replace("EXACT", "True"), folder / "exact.npz"),
        "stable-retro": _play(_RETRO_ENV, folder / "retro.npz"),
    }


def test_lean_and_exact_mode_and_stable_retro_see_the_same_game(plays: dict[str, dict[str, np.ndarray]]) -> None:
    lean = plays["lean"]
    for other in ("exact", "stable-retro"):
        for what in ("rewards", "dones", "frames", "screens", "64", "128"):
            np.testing.assert_array_equal(lean[what], plays[other][what], err_msg=f"{what} of {other}")


def test_windup_is_the_same_game_in_both_modes_too(tmp_path: Path) -> None:
    ours = _OURS.replace(GAME, WINDUP).replace("Level1", "TrainYard.Act4")
    lean, exact = (_play(ours.replace("EXACT", mode), tmp_path / f"{mode}.npz") for mode in ("False", "True"))
    for what, values in exact.items():
        np.testing.assert_array_equal(lean[what], values, err_msg=what)
    assert lean["rewards"].any()
    assert len(np.unique(lean["screens"])) > STEPS / 2


def test_there_were_rewards_and_ends_to_compare(plays: dict[str, dict[str, np.ndarray]]) -> None:
    lean = plays["lean"]
    assert lean["rewards"].sum() > 100
    assert lean["dones"].sum() >= 2
    for what in ("screens", "64", "128"):
        assert len(np.unique(lean[what])) > STEPS / 2


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (f'Emulator("{GAME}", [()]).reset("Level99")', "has no state Level99"),
        ('Emulator("SonicTheHedgehog-Genesis-v0", [()])', "no ROM of SonicTheHedgehog-Genesis-v0 is imported"),
        (
            "import gzip, pathlib, tempfile; file = tempfile.NamedTemporaryFile();"
            "file.write(gzip.compress(b'GENPLUS-GX 1.7.5' + bytes(1000))); file.flush();"
            f'e = Emulator("{GAME}", [()]); e._path = lambda _: pathlib.Path(file.name); e.reset("Cut")',
            "the emulator does not take the state Cut",
        ),
    ],
    ids=["no state", "no ROM", "a cut state"],
)
def test_what_an_emulator_cannot_do_is_an_error_that_says_so(script: str, message: str) -> None:
    names = "Emulator, EmulatorError"
    script = f"from actors.emulation.emulator import {names}\ntry: {script}\nexcept EmulatorError as e: print(e)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=200, check=False)
    assert message in done.stdout, done.stderr


def test_a_child_imports_neither_torch_nor_ray() -> None:
    script = (
        "import sys, actors.emulation.emulator_child\n"
        "print({m.split('.')[0] for m in sys.modules} & {'torch', 'ray', 'stable_retro'})"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=200, check=False)
    assert done.stdout.strip() == "{'stable_retro'}", done.stderr


@pytest.fixture
def child(request: pytest.FixtureRequest) -> Iterator[EmulatorProcess]:
    """Of GAME, or of the test's parameter."""
    memory = os.memfd_create("test")
    os.ftruncate(memory, 64 * 64 * 3)
    server = ForkServer(getattr(request, "param", GAME), [()], 4, False)
    process = EmulatorProcess(server, memory, 0, 64)
    yield process
    process.kill()
    server.kill()
    os.close(memory)


def test_a_child_that_plays_has_no_torch_in_memory(child: EmulatorProcess) -> None:
    for begin in (None, "Level1"):
        if begin:
            child.reset(begin)
        answer = child.answer(60)
        assert answer is not None
        assert answer[:-1] == (0.0, False, 0, -1, -1, 0)
        assert np.isnan(answer.place).all()
    mapped = Path(f"/proc/{child.pid}/maps").read_text()
    assert "stable_retro" in mapped
    assert "libtorch" not in mapped
    assert "/ray/" not in mapped


@pytest.mark.parametrize("child", [WINDUP], indirect=True)
def test_a_childs_memory_does_not_grow_with_the_levels_it_plays(child: EmulatorProcess) -> None:
    assert child.answer(60)
    memory = []
    for level in select_levels("windup-train"):
        child.reset(level.state)
        assert child.answer(60)
        memory.append(own_kib(child.pid) / 1024)
    # MiB; the start states of all these levels are 47.
    assert memory[-1] - memory[2] < 10


def test_the_folder_a_run_is_started_in_lends_no_modules_to_a_child(tmp_path: Path) -> None:
    (tmp_path / "actors").mkdir()
    (tmp_path / "cv2.py").write_text("raise SystemExit('the wrong cv2')")
    (tmp_path / "actors" / "__init__.py").write_text("raise SystemExit('the wrong actors')")
    program = tmp_path / "bin" / "program.py"
    program.parent.mkdir()
    program.write_text(
        f"""
from actors.emulation.settings import EmulatorSettings
from actors.emulation.emulator_pool import EmulatorPool
from actors.games.levels import Level
with EmulatorPool(["{GAME}"], lambda i: Level("{GAME}", "Level1"), EmulatorSettings(stuck_steps=None), 0) as pool:
    print(pool.reset().shape)
"""
    )
    done = subprocess.run(
        [sys.executable, program], cwd=tmp_path, capture_output=True, text=True, timeout=200, check=False
    )
    assert done.stdout == "(1, 64, 64, 3)\n", done.stderr
