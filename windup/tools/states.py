"""Makes the start states: boots the ROM into each level and saves the state at its first frame.

python windup/tools/states.py ROM DATA FOLDER NAME...
"""

import ctypes
import gzip
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_FRAMES = 60
"""Number of frames after which a level has certainly appeared."""
_ADDR_NO_RANDOMIZE = 0x0040000
_STATE_BYTES = 169_840
"""Bytes that the core writes of a Mega Drive's state; the rest of the buffer, up to 1 MB, is old memory content."""


def make_states(rom: Path, data: Path, names: Sequence[str], folder: Path) -> None:
    """Writes `folder`/NAME.state for each level, in the order of their numbers.

    A state holds addresses of the emulator's own memory. So they are made by a new process without address space
    randomisation, and the same ROM gives the same bytes.

    Args:
        data: the game's data.json.
    """
    # By its path: as a module it would come with its packages, and what they load moves the emulator's memory.
    command = [sys.executable, "-P", __file__, str(rom), str(data), str(folder), *names]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "0"}
    subprocess.run(command, env=environment, preexec_fn=_fix_addresses, check=True)


def _fix_addresses() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.personality(_ADDR_NO_RANDOMIZE) == -1:
        raise OSError(ctypes.get_errno(), "personality(ADDR_NO_RANDOMIZE) is refused: states would differ every time")


def main() -> None:
    import stable_retro

    rom, data, folder, *names = sys.argv[1:]
    core = stable_retro.RetroEmulator(rom)
    variables = stable_retro.data.GameData()
    core.configure_data(variables)
    core.step()
    variables.load(data, str(Path(data).with_name("scenario.json")))
    power_on = core.get_state()
    for number, name in enumerate(names):
        core.set_state(power_on)
        for _ in range(_FRAMES):
            core.step()
        variables.set_value("boot_level", number + 1)
        for _ in range(_FRAMES):
            core.step()
        variables.set_value("boot_level", 0)
        state = core.get_state()
        state = state[:_STATE_BYTES] + bytes(len(state) - _STATE_BYTES)
        Path(folder, f"{name}.state").write_bytes(gzip.compress(state, 9, mtime=0))


if __name__ == "__main__":
    main()
