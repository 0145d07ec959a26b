import subprocess
import sys
from pathlib import Path

import pytest
import stable_retro
from hypothesis import given
from hypothesis import strategies as st

from actors.portable.frame_skip import _symbols, undrawn_frame

pytestmark = pytest.mark.slow

CORES = Path(stable_retro.core_path())
CORE = CORES / "genesis_plus_gx_libretro.so"
HEADER = CORE.read_bytes()[:64]


@pytest.mark.parametrize("state", ["TrainYard.Act4", "Bathtub.Act2"])
def test_an_undrawn_frame_leaves_the_screen_and_sets_no_sprite_flags_and_is_else_as_a_drawn_one(state: str) -> None:
    script = f"""
import numpy as np
from actors.emulation.emulator import Emulator
from actors.games.games import WINDUP, actions_of
emulator = Emulator(WINDUP, actions_of(WINDUP))
assert emulator._undrawn
core = emulator._core
rng = np.random.default_rng(0)
held = rng.integers(0, 10, 600)
def play(drawn):
    emulator.reset("{state}")
    states = []
    for frame, action in enumerate(held):
        core.set_button_mask(emulator._masks[action], 0)
        if drawn[frame]:
            core.step()
        else:
            before = core.get_screen().copy()
            emulator._undrawn()
            assert np.array_equal(core.get_screen(), before)
        # What is behind its state in the buffer the core leaves as it was.
        states.append(np.frombuffer(core.get_state(), np.uint8)[:144_000])
    return np.stack(states), core.get_screen().copy()
all_drawn, last = play([True] * 600)
drawn = np.array([*(rng.random(599) < 0.3), True])
some_drawn, last_of_some = play(drawn)
differs = all_drawn ^ some_drawn
assert not differs[drawn].any()
# The VDP's status: overlap 32, overflow 64.
assert (np.count_nonzero(differs, 1) <= 1).all()
assert not (differs & ~np.uint8(96)).any()
assert np.array_equal(last, last_of_some)
print(len(np.unique(all_drawn, axis=0)))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 500


def test_a_core_that_is_not_loaded_or_another_one_is_not_taken() -> None:
    # A process of its own: this one may have had an emulator.
    script = f"""
from pathlib import Path
from {undrawn_frame.__module__} import undrawn_frame
print(undrawn_frame(Path({str(CORE)!r})))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=200, check=False)
    assert done.stdout == "None\n", done.stderr
    assert undrawn_frame(CORES / "gambatte_libretro.so") is None
    assert undrawn_frame(CORES / "nothing.so") is None
    assert not {"system_frame_gen", "audio_update"} & _symbols((CORES / "gambatte_libretro.so").read_bytes()).keys()


@given(st.one_of(st.binary(max_size=200), st.binary(min_size=58, max_size=400).map(lambda tail: HEADER[:6] + tail)))
def test_a_damaged_file_is_not_taken(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.mktemp("core") / "core.so"
    file.write_bytes(content)
    assert undrawn_frame(file) is None
