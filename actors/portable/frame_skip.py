"""Runs the frames of a step, and draws only the last one: drawing takes two fifths of a frame's time.

Genesis Plus GX can leave out the drawing of a frame, as its ports do to catch up, but libretro's interface, which
stable-retro uses, has no call for it. The functions behind that interface are in the core's symbol table.

A game can notice that a frame is not drawn: no flag is set for sprites that overlap or overflow a line. Tests compare
states, rewards and screens with those of drawn frames.

It runs on Python 3.8, too: in hosts with gym-retro.
"""

from __future__ import annotations

import ctypes
import os
import struct
from pathlib import Path
from typing import Any, Callable, Sequence

import numpy as np

_ANCHOR, _FRAME, _SOUND, _SAMPLES = "retro_run", "system_frame_gen", "audio_update", "soundbuffer"
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL_TABLE = 2
_SYMBOL = np.dtype(
    [("name", "<u4"), ("info", "u1"), ("other", "u1"), ("section", "<u2"), ("at", "<u8"), ("size", "<u8")]
)

RunFrame = Callable[[], None]
"""Runs the emulator for a frame."""


def run_frames(
    core: Any, masks: Sequence[np.ndarray], judge: Callable[[], tuple[float, bool]], undrawn: RunFrame | None
) -> tuple[float, bool, int]:
    """Runs a frame for each mask, or fewer if the episode ends.

    Args:
        core: the library's emulator.
        masks: the buttons held in each frame.
        judge: returns the reward of the frame that was just run, and whether it ends the episode.
        undrawn: runs a frame without drawing it, for all frames but the last; None: all are drawn. A frame that ends
            the episode is always drawn.

    Returns:
        The sum of the rewards, whether the episode is over, and the frames that were run.
    """
    before = core.get_state() if undrawn else b""
    reward = 0.0
    for ran, mask in enumerate(masks, 1):
        _run(core, mask, None if ran == len(masks) else undrawn)
        gained, done = judge()
        reward += gained
        if done:
            if undrawn and ran < len(masks):
                # Nobody could know that it would be the last: the same frames once more.
                core.set_state(before)
                for again, held in enumerate(masks[:ran], 1):
                    _run(core, held, None if again == ran else undrawn)
            return reward, True, ran
    return reward, False, len(masks)


def _run(core: Any, mask: np.ndarray, undrawn: RunFrame | None) -> None:
    core.set_button_mask(mask, 0)
    (undrawn or core.step)()


def undrawn_frame(core: Path) -> RunFrame | None:
    """Returns a function that runs a frame as `em.step()` does, but leaves the screen as it was.

    Args:
        core: the library file of the emulator in this process.

    Returns:
        None if it is another core, is not loaded, or has no symbols.
    """
    try:
        at = _symbols(core.read_bytes())
        library = ctypes.CDLL(str(core), os.RTLD_LAZY | os.RTLD_NOLOAD)
    except (OSError, ValueError, IndexError, OverflowError, struct.error):
        return None
    if not {_ANCHOR, _FRAME, _SOUND, _SAMPLES} <= at.keys():
        return None
    loaded = ctypes.cast(library.retro_run, ctypes.c_void_p).value
    assert loaded
    base = loaded - at[_ANCHOR]
    run = ctypes.CFUNCTYPE(None, ctypes.c_int)(base + at[_FRAME])
    # The sound is made all the same: its chip's timers are something that games wait for.
    make_sound = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(base + at[_SOUND])
    samples = base + at[_SAMPLES]

    def step() -> None:
        run(1)
        make_sound(samples)

    return step


def _symbols(elf: bytes) -> dict[str, int]:
    """Returns the addresses of the needed symbols, by name, from a 64-bit little-endian ELF file.

    Raises:
        ValueError, IndexError, OverflowError, struct.error: the file is of another kind, or damaged.
    """
    if elf[:6] != b"\x7fELF\x02\x01":
        raise ValueError("no 64-bit little-endian ELF file")
    (first,) = struct.unpack_from("<Q", elf, 40)
    size, count = struct.unpack_from("<HH", elf, 58)
    sections = [_SECTION.unpack_from(elf, first + i * size) for i in range(count)]
    offsets = {}
    for _, kind, _, _, begin, length, link, *_ in sections:
        if kind != _SYMBOL_TABLE:
            continue
        symbols = np.frombuffer(elf, _SYMBOL, length // _SYMBOL.itemsize, begin)
        names_begin, names_length = sections[link][4:6]
        names = elf[names_begin : names_begin + names_length]
        for name in (_ANCHOR, _FRAME, _SOUND, _SAMPLES):
            # The table of names begins with a zero byte.
            before = names.find(b"\0" + name.encode() + b"\0")
            hits = symbols["at"][symbols["name"] == before + 1]
            if before >= 0 and len(hits) == 1:
                offsets[name] = int(hits[0])
    return offsets
