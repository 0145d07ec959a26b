"""Imports ROMs that the user owns, recognised by checksum, into stable-retro's integrations."""

import hashlib
import io
import lzma
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import stable_retro

_LARGEST = 32 << 20
"""Bytes; stable-retro's limit, above that of any cartridge."""
_TOO_LARGE = f"larger than any ROM ({_LARGEST >> 20} MiB)"
_SMD_HEADER, _SMD_BLOCK = 512, 0x4000
_UNREADABLE = (OSError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error, lzma.LZMAError)
"""RuntimeError: an encrypted zip; NotImplementedError: a compression that zipfile does not know."""
_NAME, _SERIAL, _MARK = slice(0x150, 0x180), slice(0x180, 0x18E), slice(0x100, 0x104)


class ImportPathError(ValueError):
    """A path that is not there or cannot be looked into."""


@dataclass(frozen=True)
class Known:
    """Where the ROM of a game belongs: `folder`/rom.md."""

    game: str
    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / "rom.md"


@dataclass(frozen=True)
class ImportSummary:
    """
    Attributes:
        imported: game -> the file it came from; present: the same for ROMs that were there already.
        failed: game -> why its ROM, though recognised, could not be put in its place.
        unknown: file -> why it was not imported.
    """

    imported: dict[str, str] = field(default_factory=dict)
    present: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)


def known_roms() -> dict[str, Known]:
    """SHA-1 -> game, for the Genesis games of stable-retro's stable integrations: only there do we look for ROMs."""
    stable = Path(stable_retro.data.path()) / "stable"
    return {
        digest: Known(file.parent.name, file.parent)
        for file in sorted(stable.glob("*-Genesis-v0/rom.sha"))
        for digest in file.read_text().split()
    }


def find_files(paths: Sequence[Path]) -> list[Path]:
    """The files among the paths and in the folders among them, sorted.

    Raises:
        ImportPathError: a path does not exist or cannot be read.
    """
    files: set[Path] = set()
    for path in paths:
        try:
            files.update(_files(path))
        except OSError as error:
            raise ImportPathError(f"{path} cannot be read: {error.strerror}") from error
    return sorted(files)


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        # rglob passes over a folder that may not be read.
        os.scandir(path).close()
        yield from (p for p in path.rglob("*") if p.is_file())
    elif path.is_file():
        yield path
    else:
        raise ImportPathError(f"{path} is no file or folder" if path.exists() else f"{path} does not exist")


def import_roms(
    files: Sequence[Path], known: Mapping[str, Known], progress: Callable[[Path], None] = lambda file: None
) -> ImportSummary:
    """Looks into every file, zip files included, and puts the ROMs that are known where stable-retro wants them.

    Args:
        progress: called after each file.
    """
    summary = ImportSummary()
    for file in files:
        for name, content in _roms(file):
            if isinstance(content, bytes):
                _import(name, content, known, summary)
            else:
                summary.unknown[name] = content
        progress(file)
    return summary


def _roms(file: Path) -> Iterator[tuple[str, bytes | str]]:
    """Name and content of a file, or of each file in a zip; why instead of the content where there is none."""
    try:
        if file.suffix.lower() != ".zip":
            yield str(file), _TOO_LARGE if file.stat().st_size > _LARGEST else file.read_bytes()
            return
        archive = zipfile.ZipFile(file)
    except _UNREADABLE as error:
        yield str(file), f"cannot be read: {error}"
        return
    with archive:
        yield from _entries(str(file), archive)


def _entries(name: str, archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes | str]]:
    """One damaged entry does not hide those after it."""
    for entry in archive.infolist():
        inner = f"{name}:{entry.filename}"
        if entry.is_dir():
            continue
        try:
            # What an entry says of its size may be a lie; reading stops where it must.
            with archive.open(entry) as stream:
                content = stream.read(_LARGEST + 1)
            if len(content) > _LARGEST:
                yield inner, _TOO_LARGE
            elif entry.filename.lower().endswith(".zip"):
                with zipfile.ZipFile(io.BytesIO(content)) as nested:
                    yield from _entries(inner, nested)
            else:
                yield inner, content
        except _UNREADABLE as error:
            yield inner, f"cannot be read: {error}"


def _import(name: str, content: bytes, known: Mapping[str, Known], summary: ImportSummary) -> None:
    for rom in (content, _deinterleaved(content)):
        found = known.get(hashlib.sha1(rom).hexdigest())
        if found is None:
            continue
        first = summary.imported.get(found.game) or summary.present.get(found.game)
        if first:
            summary.unknown[name] = f"{found.game} again, as {first}"
            return
        try:
            if _is_there(found, known):
                summary.present[found.game] = name
            else:
                _write(found.path, rom)
                summary.imported[found.game] = name
        except OSError as error:
            summary.failed[found.game] = f"{name}: {error}"
        return
    summary.unknown[name] = _what(content)


def _is_there(rom: Known, known: Mapping[str, Known]) -> bool:
    """Whether the game has one of its ROMs; of those of several versions, the one that is there stays."""
    return rom.path.is_file() and known.get(hashlib.sha1(rom.path.read_bytes()).hexdigest()) == rom


def _write(path: Path, rom: bytes) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(rom)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError:
        if temporary.is_file():
            temporary.unlink()
        raise
    if path.read_bytes() != rom:
        raise OSError(f"{path} is not what was written")


def _deinterleaved(content: bytes) -> bytes:
    """The ROM in a Super Magic Drive dump: after a header, blocks of first the odd and then the even bytes."""
    body = content[_SMD_HEADER:]
    if len(content) <= _SMD_HEADER or len(body) % _SMD_BLOCK:
        return b""
    rom = bytearray(len(body))
    half = _SMD_BLOCK // 2
    for begin in range(0, len(body), _SMD_BLOCK):
        rom[begin + 1 : begin + _SMD_BLOCK : 2] = body[begin : begin + half]
        rom[begin : begin + _SMD_BLOCK : 2] = body[begin + half : begin + _SMD_BLOCK]
    return bytes(rom)


def _what(content: bytes) -> str:
    """Why a file was not recognised."""
    for rom in (content, _deinterleaved(content)):
        if rom[_MARK] == b"SEGA":
            name, serial = (_text(rom[part]) for part in (_NAME, _SERIAL))
            digest = hashlib.sha1(rom).hexdigest()
            return f"a Genesis ROM ({name}, {serial}) of a version that stable-retro does not know, SHA-1 {digest}"
    return "not a Genesis ROM"


def _text(field: bytes) -> str:
    return " ".join("".join(chr(byte) if 32 <= byte < 127 else " " for byte in field).split())
