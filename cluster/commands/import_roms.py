"""The command `sonic-worlds import`."""

from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from actors.games.levels import known_levels
from actors.games.rom_files import ImportPathError, find_files
from actors.games.rom_import import NO_ROM, import_roms, known_roms
from cluster.config.errors import UsageError

_SHOWN = 20


def import_command(paths: list[Path], console: Console | None = None) -> int:
    """Imports ROMs and prints which files were recognised; returns the exit code, 1 if none was."""
    console = console or Console(soft_wrap=True, highlight=False)
    try:
        roms = find_files(paths)
    except ImportPathError as error:
        raise UsageError(f"import: {error}") from error
    columns = (TextColumn("looking into files"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=len(roms.files))
        summary = import_roms(roms, known_roms(), lambda file: bar.advance(task))

    def say(text: str) -> None:
        # Names of files may hold what no terminal can show, and what it would obey.
        shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
        console.print(shown, markup=False, soft_wrap=True)

    for game, file in summary.imported.items():
        say(f"imported  {game}  from {file}")
    for game, file in summary.present.items():
        say(f"present   {game}  as {file}")
    for game, why in summary.failed.items():
        say(f"failed    {game}  from {why}")
    # On a terminal, only the first of the files that are plainly no ROMs are listed.
    plain = [file for file, why in summary.unknown.items() if why == NO_ROM]
    hidden = set(plain[_SHOWN:]) if console.is_terminal else set()
    for file, why in summary.unknown.items():
        if file not in hidden:
            say(f"skipped   {file}: {why}")
    if hidden:
        say(f"          and {len(hidden)} more, each {NO_ROM}; `sonic-worlds import ... | less` shows them")
    say(
        f"{len(roms.files)} files: {len(summary.imported)} imported, {len(summary.present)} already present,"
        f"{f' {len(summary.failed)} failed,' if summary.failed else ''} {len(summary.unknown)} skipped"
    )
    games = [*summary.imported, *summary.present]
    playable = [game for game in games if any(level.game == game for level in known_levels())]
    if playable:
        say(f"next: sonic-worlds train --levels {playable[0]}")
    return 0 if games else 1
