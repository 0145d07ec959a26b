"""Checks a game's folder for everything that would keep its levels from being played."""

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from actors.games.games import PLATFORM
from actors.portable.game_files import GameFileError, read_state, rule_faults

_TRY_SECONDS = 300.0


def state_files(folder: Path) -> list[Path]:
    """Returns the start states in a game's folder, without those whose name starts with _, which are menus."""
    return sorted(folder.glob("[!_]*.state"))


def folder_faults(folder: Path) -> list[str]:
    """Returns a line for each fault of the files in a game's folder."""
    return [*_own_faults(folder), *rule_faults(lambda name: _file(folder, name), folder), *_state_faults(folder)]


def tried_faults(folder: Path) -> list[str]:
    """Returns a line for each level of which the emulator, with the game's scripts, cannot play a step."""
    command = [sys.executable, "-P", "-m", "actors.emulation.try_game", str(folder.absolute())]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TRY_SECONDS,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return [f"{folder}: the emulator hangs"]
    faults = done.stdout.splitlines()
    if done.returncode and not faults:
        words = done.stderr.strip().splitlines() or [f"it ended with exit status {done.returncode}"]
        faults = [f"{folder}: the emulator fails: {words[-1]}"]
    return faults


def _own_faults(folder: Path) -> Iterator[str]:
    if not folder.absolute().name.endswith(PLATFORM):
        yield f"{folder}: its name must end in {PLATFORM}, or no level of it is found"
    rom, sums = folder / "rom.md", _file(folder, "rom.sha")
    known = None
    if sums:
        try:
            known = sums.read_text().lower().split()
        except (OSError, ValueError):
            known = []
        if not known or not all(re.fullmatch("[0-9a-f]{40}", word) for word in known):
            known = None
            yield f"{sums}: it must hold the ROM's SHA-1, 40 hexadecimal digits"
    if not rom.is_file():
        yield f"{folder}: there is no rom.md, the game's ROM"
        return
    try:
        digest = hashlib.sha1(rom.read_bytes()).hexdigest()
    except OSError as error:
        yield f"{rom} cannot be read: {error.strerror}"
        return
    if known is not None and digest not in known:
        yield f"{rom} has the SHA-1 {digest}; {sums} has {' and '.join(known)}"


def _state_faults(folder: Path) -> Iterator[str]:
    states = state_files(folder)
    if not states:
        yield f"{folder}: there is no start state: a level is a file NAME.state in the folder"
    for state in states:
        try:
            read_state(state)
        except GameFileError as error:
            yield str(error)


def _file(folder: Path, name: str) -> Path | None:
    file = folder / name
    return file if file.exists() else None
