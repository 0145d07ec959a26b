"""The command `sonic-worlds levels`."""

import os
import shlex
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from actors.games.contest_levels import SONIC_1, SONIC_2, SONIC_3
from actors.games.game_check import folder_faults, state_files, tried_faults
from actors.games.games import WINDUP, game_folders, rom_file
from actors.games.levels import Level, LevelError, known_levels, select_levels, split_of
from actors.games.own_games import VARIABLE
from cluster.config.errors import UsageError
from cluster.config.json_file import printable

_WITHOUT_END = (
    "levels without end, for --emulator native: windup-generated:N, or windup-generated:N+SEED, such as"
    " windup-generated:200+7"
)
_BARRIERS = "barriers, for --emulator native, too: windup-train-barriers and windup-validation-barriers"


def levels_command(select: str | None, console: Console | None = None) -> int:
    """Prints the levels: a table on a terminal; elsewhere a line of level, split or -, and rom, missing or native.

    The lines are tab separated. Generated levels and barriers are native, for no ROM has them; they are listed only
    when they are selected.
    """
    console = console or Console(soft_wrap=True, highlight=False)
    try:
        levels = select_levels(select) if select else list(known_levels())
    except LevelError as error:
        raise UsageError(f"levels: {error}") from error
    here = {game: rom_file(game) is not None for game in {level.game for level in levels}}
    if not console.is_terminal:
        for level in levels:
            rom = "native" if level.is_native_only else "rom" if here[level.game] else "missing"
            print(f"{printable(str(level))}\t{split_of(level) or '-'}\t{rom}", file=console.file)
        return 0
    console.print(_table(levels, here, in_full=select is not None))
    if select is None:
        console.print("to see all levels of a game: sonic-worlds levels GAME", soft_wrap=True)
        console.print(_WITHOUT_END, soft_wrap=True)
        console.print(_BARRIERS, soft_wrap=True)
    playable = sum(here[level.game] for level in levels)
    console.print(f"{len(levels)} levels of {len(here)} games, {playable} of them playable now")
    if playable < len(levels):
        console.print(
            "to play the others, import ROMs that you own: sonic-worlds import PATH_TO_YOUR_ROMS", soft_wrap=True
        )
    return 0


def check_command(folder: Path) -> int:
    """Prints a line for each fault of the files in a game's folder; returns the exit code, 1 if there is any.

    Raises:
        UsageError: there is no such folder.
    """
    try:
        os.scandir(folder).close()
    except OSError as error:
        raise UsageError(f"--check {folder}: it is no folder that can be read: {error.strerror}") from error
    # The emulator would end without a word over some of the faults.
    faults = folder_faults(folder) or tried_faults(folder)
    for fault in faults:
        print(fault)
    if faults:
        return 1
    print(f"{folder}: {len(state_files(folder))} levels, and nothing is wrong with them")
    if any(folder.resolve() == known.resolve() for known in game_folders()):
        print(f"next: sonic-worlds train --levels {folder.resolve().name}")
    else:
        print(f"next: export {VARIABLE}={shlex.quote(str(folder.resolve().parent))}")
    return 0


def _table(levels: Iterable[Level], here: dict[str, bool], in_full: bool) -> Table:
    """Makes the table. Without a selection, a game that is not the contest's and has no ROM is a single row."""
    # Folded where a terminal is narrow: a name that is cut cannot be given to --levels.
    table = Table(Column("game", overflow="fold"), Column("level", overflow="fold"), "split", "ROM")
    for game, group in groupby(levels, key=lambda level: level.game):
        there = "present" if here[game] else "missing"
        own = list(group)
        if in_full or here[game] or game in (WINDUP, SONIC_1, SONIC_2, SONIC_3):
            for level in own:
                rom = "native" if level.is_native_only else there
                table.add_row(_plain(game) if level is own[0] else "", _plain(level.state), split_of(level), rom)
        else:
            table.add_row(_plain(game), f"{len(own)} levels" if len(own) > 1 else _plain(own[0].state), "", there)
    return table


def _plain(name: str) -> Text:
    """Returns the text of a folder's or file's name, without effect as rich's markup or as a terminal's control."""
    return Text(printable(name))
