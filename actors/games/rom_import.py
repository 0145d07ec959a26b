"""Imports ROMs that the user owns, recognised by checksum, into stable-retro's integrations."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from actors.games.archives import ARCHIVE_ENDINGS, contents
from actors.games.games import PLATFORM, library_folder
from actors.games.rom_files import RomFiles
from actors.games.rom_forms import described, plain_forms
from world_model.replaced_file import replacing

NO_ROM = "not a Genesis ROM"
_OTHERS = {
    b"NES\x1a": "one of the NES",
    b"SEGADISCSYSTEM": "a disc of the Mega-CD",
    b"\x80\x37\x12\x40": "one of the N64",
}
_SHA1 = re.compile("[0-9a-f]{40}")


@dataclass(frozen=True)
class Known:
    """A game whose ROM is known; the ROM belongs into `folder`/rom.md."""

    game: str
    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / "rom.md"


@dataclass(frozen=True)
class ImportSummary:
    """The outcome of an import.

    Attributes:
        imported: game -> the file that its ROM came from; present: game -> the file, where the ROM was there already.
        failed: game -> why its ROM, though recognised, could not be put in its place.
        unknown: file -> why it was not imported.
    """

    imported: dict[str, str] = field(default_factory=dict)
    present: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)


def known_roms() -> dict[str, Known]:
    """Returns game by SHA-1 of its ROM, for the Genesis games of stable-retro's stable integrations."""
    return {
        digest: Known(file.parent.name, file.parent)
        for file in sorted(library_folder().glob(f"*{PLATFORM}/rom.sha"))
        for digest in _sums(file)
    }


def _sums(file: Path) -> list[str]:
    """Returns the checksums in a file, which a user may have written: `levels --check` reports other words in it."""
    try:
        return _SHA1.findall(file.read_text(errors="replace").lower())
    except OSError:
        return []


def import_roms(
    roms: RomFiles, known: Mapping[str, Known], progress: Callable[[Path], None] = lambda file: None
) -> ImportSummary:
    """Searches every file, archives included, and copies the known ROMs to where stable-retro looks for them.

    Args:
        progress: called after each file.
    """
    summary = ImportSummary(unknown=dict(roms.skipped))
    for file in roms.files:
        for name, content in contents(file):
            if isinstance(content, bytes):
                _import(name, content, known, summary)
            else:
                summary.unknown[name] = content
        progress(file)
    return summary


def _import(name: str, content: bytes, known: Mapping[str, Known], summary: ImportSummary) -> None:
    for form, rom in plain_forms(content):
        match = known.get(hashlib.sha1(rom).hexdigest())
        if match is None:
            continue
        if form:
            name = f"{name} ({form})"
        first = summary.imported.get(match.game) or summary.present.get(match.game)
        if first:
            summary.unknown[name] = f"{match.game} again, as {first}"
            return
        try:
            if _is_there(match, known):
                summary.present[match.game] = name
            else:
                _write(match.path, rom)
                summary.imported[match.game] = name
        except OSError as error:
            summary.failed[match.game] = f"{name}: {error}"
        return
    summary.unknown[name] = _what(name, content)


def _is_there(rom: Known, known: Mapping[str, Known]) -> bool:
    """Whether the game has one of its ROMs already: of several versions the present one stays."""
    return rom.path.is_file() and known.get(hashlib.sha1(rom.path.read_bytes()).hexdigest()) == rom


def _write(path: Path, rom: bytes) -> None:
    with replacing(path) as beside:
        beside.write_bytes(rom)
    if path.read_bytes() != rom:
        raise OSError(f"{path} is not what was written")


def _what(name: str, content: bytes) -> str:
    """Returns why a file was not recognised."""
    description = described(content)
    if description:
        return f"a Genesis ROM ({description[0]}) of a version that stable-retro does not know, SHA-1 {description[1]}"
    for mark, what in _OTHERS.items():
        if content.startswith(mark):
            return f"{NO_ROM}, but {what}"
    ending = Path(name).suffix.lower()
    if ending in ARCHIVE_ENDINGS:
        return f"cannot be read: it is named {ending}, but it is no such archive"
    return NO_ROM
