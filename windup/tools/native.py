"""The game's logic compiled for this machine: millions of frames a second, with snapshots that are plain copies."""

import ctypes
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from windup.leveling.level_file import LevelFile
from windup.tools.compile_levels import write_levels

SOURCES = Path(__file__).parents[1] / "src"
LOGIC = ("game.c", "level.c", "player.c", "objects.c")
_API = Path(__file__).with_name("native.c")


class NoCompiler(RuntimeError):
    """There is no C compiler on this machine."""


def build(levels: Sequence[LevelFile], more: Sequence[Path] = ()) -> ctypes.CDLL:
    """Compiles the logic with these levels and loads it. Each call loads a library, and so a game, of its own.

    Args:
        levels: of the game.
        more: further C files, which may use everything that src/ declares.

    Raises:
        NoCompiler: there is no `cc`.
    """
    if shutil.which("cc") is None:
        raise NoCompiler("no C compiler: install gcc")
    with tempfile.TemporaryDirectory(prefix="windup-") as folder:
        source = Path(folder) / "levels.c"
        write_levels(levels, source)
        files = [*(SOURCES / name for name in LOGIC), _API, *more]
        digest = hashlib.sha1(b"".join(file.read_bytes() for file in [source, *files])).hexdigest()
        library = Path(folder) / f"windup-{digest}.so"
        command: list[str | Path] = [
            "cc",
            "-O2",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-shared",
            "-fPIC",
            f"-I{SOURCES}",
            "-o",
            library,
        ]
        done = subprocess.run([*command, *files, source], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return ctypes.CDLL(str(library), mode=os.RTLD_LOCAL)


_VIEW = """x y vx vy speed on_ground ball slope state lives rings score progress level_frames level_end deepest_x
level_end_bonus contest_bonus gates_open walls_broken camera_x camera_y riding safe"""


class View(ctypes.Structure):
    """The part of the game's state that tests and tools read; laid out as in native.c."""

    _fields_ = [(name, ctypes.c_int32) for name in _VIEW.split()]


class NativeGame:
    """One game. x, y, vx, vy and speed are in 1/256 px; the other names are those of src/game.h."""

    def __init__(self, levels: Sequence[LevelFile], more: Sequence[Path] = ()) -> None:
        self.library = build(levels, more)
        self.library.native_view.restype = ctypes.POINTER(View)
        self._size = int(self.library.native_size())
        self._names = {level.name: number for number, level in enumerate(levels)}

    def start(self, level: int | str) -> None:
        """Begins a level, by number or name."""
        self.library.game_start(self._names[level] if isinstance(level, str) else level)

    def frames(self, pad: int, n: int = 1) -> None:
        """Runs n frames with these buttons held (`enum pad`)."""
        self.library.native_frames(pad, n)

    def play(self, pads: np.ndarray) -> np.ndarray:
        """Runs a frame for each of the buttons uint8 [N]; returns x, y (px), rings and lives after it, int32 [N, 4]."""
        pads = np.ascontiguousarray(pads, np.uint8)
        out = np.zeros((len(pads), 4), np.int32)
        self.library.native_play(
            pads.ctypes.data_as(ctypes.c_void_p), ctypes.c_int32(len(pads)), out.ctypes.data_as(ctypes.c_void_p)
        )
        return out

    @property
    def view(self) -> View:
        """Returns a copy of the present state."""
        return View.from_buffer_copy(self.library.native_view().contents)

    def save(self) -> bytes:
        """Returns the whole state."""
        buffer = ctypes.create_string_buffer(self._size)
        self.library.native_save(buffer)
        return buffer.raw

    def load(self, state: bytes) -> None:
        self.library.native_load(state)

    def block(self, x: int, y: int) -> int:
        """Returns the present block (`enum block`) at a column and row."""
        return int(self.library.level_block(ctypes.c_int16(x), ctypes.c_int16(y)))
