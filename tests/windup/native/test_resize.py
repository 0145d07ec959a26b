"""The native resize: the bytes that actors/emulation/screen.py's cv2 gives, for any screen."""

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from actors.emulation.screen import resize_screen
from tests.windup.compilers import need

HERE = Path(__file__).parent
NATIVE = HERE.parents[2] / "windup" / "native"
SIZES = (64, 128)
SHAPE = (224, 320)
SANITIZE = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")

Resize = Callable[[np.ndarray, np.ndarray, int], np.ndarray]


def build(folder: Path, flags: tuple[str, ...]) -> Path:
    need("cc")
    library = folder / "resize.so"
    warnings = ("-Wall", "-Wextra", "-Werror")
    command = ["cc", *flags, *warnings, "-shared", "-fPIC", f"-I{NATIVE}", "-o", library, HERE / "resize_view.c"]
    subprocess.run(command, check=True)
    return library


def load(library: Path) -> Resize:
    """uint8 [3, S, S, 3]: what the three functions make of uint8 [224, 320] and uint32 [64]."""
    resize_all = ctypes.CDLL(str(library)).resize_all

    def run(pixels: np.ndarray, colours: np.ndarray, size: int) -> np.ndarray:
        out = np.zeros((3, size, size, 3), np.uint8)
        given = [np.ascontiguousarray(a) for a in (screen_of(pixels, colours), pixels, colours)]
        pointers = [ctypes.c_void_p(a.ctypes.data) for a in (*given, out)]
        resize_all(*pointers[:3], size, pointers[3])
        return out

    return run


def screen_of(pixels: np.ndarray, colours: np.ndarray) -> np.ndarray:
    rgb = np.stack([colours >> shift & 255 for shift in (0, 8, 16)], axis=-1).astype(np.uint8)
    return rgb[pixels]


def expect(pixels: np.ndarray, colours: np.ndarray, size: int) -> np.ndarray:
    out = np.empty((size, size, 3), np.uint8)
    resize_screen(screen_of(pixels, colours), out)
    return out


@pytest.fixture(scope="module")
def resize(tmp_path_factory: pytest.TempPathFactory) -> Resize:
    return load(build(tmp_path_factory.mktemp("resize"), ("-O3",)))


def check(resize: Resize, pixels: np.ndarray, colours: np.ndarray) -> None:
    for size in SIZES:
        expected = expect(pixels, colours, size)
        for name, got in zip(("rgb", "indexed", "portable"), resize(pixels, colours, size), strict=True):
            np.testing.assert_array_equal(got, expected, err_msg=f"{name} {size}")


def noise(seed: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    return draw.integers(0, 64, SHAPE, dtype=np.uint8), draw.integers(0, 2**32, 64, dtype=np.uint32)


@pytest.mark.parametrize("seed", range(20))
def test_noise(resize: Resize, seed: int) -> None:
    check(resize, *noise(seed))


GREYS = np.arange(64, dtype=np.uint32) * 0x040404 + 0x030303
Y, X = np.mgrid[: SHAPE[0], : SHAPE[1]]


PATTERNS = {
    "columns": X % 64,
    "lines": Y % 64,
    "diagonal": (X + Y) % 64,
    "right": X * 64 // 320,
    "down": Y * 64 // 224,
    "chess": (X + Y) % 2 * 63,
    "stripes": X % 2 * 63,
    "bars": Y % 2 * 63,
    "dark": X * 0,
    "bright": X * 0 + 63,
}


@pytest.mark.parametrize("pixels", PATTERNS.values(), ids=PATTERNS.keys())
def test_gradients_and_extremes(resize: Resize, pixels: np.ndarray) -> None:
    check(resize, pixels.astype(np.uint8), GREYS)
    check(resize, pixels.astype(np.uint8), np.where(np.arange(64) < 32, 0, 0xFFFFFFFF).astype(np.uint32))


def test_many_pairs_of_neighbours(resize: Resize) -> None:
    """The sums that rounding decides are met with greys of all 256 values."""
    for shift in range(0, 256, 4):
        colours = (np.arange(64, dtype=np.uint32) * 4 + shift) % 256 * 0x010101
        check(resize, (X * 7 + Y * 13 + X * Y).astype(np.uint8) % 64, colours)


@given(
    pixels=arrays.arrays(np.uint8, SHAPE, elements=st.integers(0, 63), fill=st.integers(0, 63)),
    colours=arrays.arrays(np.uint32, 64, elements=st.integers(0, 2**32 - 1)),
)
@settings(max_examples=60, deadline=None)
def test_any_screen(resize: Resize, pixels: np.ndarray, colours: np.ndarray) -> None:
    check(resize, pixels, colours)


def test_numbers_above_63_are_taken_by_their_lowest_bits(resize: Resize) -> None:
    pixels, colours = noise(1)
    for size in SIZES:
        indexed = resize(pixels | 0xC0, np.tile(colours, 4), size)[1:]
        np.testing.assert_array_equal(indexed, resize(pixels, colours, size)[1:])


def test_clean_under_sanitizers(tmp_path: Path) -> None:
    """In a process of its own, since AddressSanitizer must be loaded first."""
    library = build(tmp_path, SANITIZE)
    where = subprocess.run(["cc", "-print-file-name=libasan.so"], check=True, capture_output=True, text=True)
    env = {**os.environ, "LD_PRELOAD": where.stdout.strip(), "ASAN_OPTIONS": "detect_leaks=0"}
    program = f"""
import ctypes, random
draw = random.Random(0)
screen, pixels, colours = (ctypes.create_string_buffer(draw.randbytes(n), n) for n in (215040, 71680, 256))
library = ctypes.CDLL({str(library)!r})
for size in {SIZES}:
    out = ctypes.create_string_buffer(9 * size * size)
    library.resize_all(screen, pixels, colours, size, out)
    assert any(out.raw)
"""
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
