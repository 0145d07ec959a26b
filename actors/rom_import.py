"""Imports ROMs that the user owns, recognised by checksum, into stable-retro's integrations."""

import hashlib
import io
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import stable_retro

_LARGEST = 32 << 20
"""Bytes; stable-retro's limit, above that of any cartridge."""
_SMD_HEADER, _SMD_BLOCK = 512, 0x4000
_NAME, _SERIAL, _MARK = slice(0x150, 0x180), slice(0x180, 0x18E), slice(0x100, 0x104)


class ImportPathError(ValueError):
    """A path that is not there."""


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
        unknown: file -> why it was not imported.
    """

    imported: dict[str, str] = field(default_factory=dict)
    present: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)


def known_roms() -> dict[str, Known]:
    """SHA-1 -> game, for the Genesis games that stable-retro knows."""
    known = {}
    for digest, (game, _, folder) in stable_retro.data.get_known_hashes().items():
        if "-Genesis" in game:
            known[digest] = Known(game, Path(folder) / game)
    return known


def find_files(paths: Sequence[Path]) -> list[Path]:
    """The files among the paths and in the folders among them, sorted.

    Raises:
        ImportPathError: a path does not exist.
    """
    files: set[Path] = set()
    for path in paths:
        if path.is_dir():
            files.update(p for p in path.rglob("*") if p.is_file())
        elif path.is_file():
            files.add(path)
        else:
            raise ImportPathError(f"{path} does not exist" if not path.exists() else f"{path} is no file or folder")
    return sorted(files)


def import_roms(
    files: Sequence[Path], known: Mapping[str, Known], progress: Callable[[Path], None] = lambda file: None
) -> ImportSummary:
    """Looks into every file, zip files included, and puts the ROMs that are known where stable-retro wants them.

    Args:
        progress: called after each file.
    """
    summary = ImportSummary()
    for file in files:
        try:
            for name, content in _roms(file):
                _import(name, content, known, summary)
        except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
            # RuntimeError: an encrypted zip; NotImplementedError: a compression that zipfile does not know.
            summary.unknown[str(file)] = f"cannot be read: {error}"
        progress(file)
    return summary


def _roms(file: Path) -> Iterator[tuple[str, bytes | None]]:
    """Name and content of a file, or of each file in a zip; None for one that is too large for a ROM."""
    if file.suffix.lower() != ".zip":
        yield str(file), None if file.stat().st_size > _LARGEST else file.read_bytes()
        return
    with zipfile.ZipFile(file) as archive:
        yield from _entries(str(file), archive)


def _entries(name: str, archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes | None]]:
    for entry in archive.infolist():
        inner = f"{name}:{entry.filename}"
        if entry.is_dir():
            continue
        # What an entry says of its size may be a lie; reading stops where it must.
        with archive.open(entry) as stream:
            content = stream.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            yield inner, None
        elif entry.filename.lower().endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(content)) as nested:
                yield from _entries(inner, nested)
        else:
            yield inner, content


def _import(name: str, content: bytes | None, known: Mapping[str, Known], summary: ImportSummary) -> None:
    if content is None:
        summary.unknown[name] = f"larger than any ROM ({_LARGEST >> 20} MiB)"
        return
    for rom in (content, _deinterleaved(content)):
        found = known.get(hashlib.sha1(rom).hexdigest())
        if found is None:
            continue
        if found.path.exists() and found.path.read_bytes() == rom:
            summary.present.setdefault(found.game, name)
        else:
            _write(found.path, rom)
            summary.imported[found.game] = name
        return
    summary.unknown[name] = _what(content)


def _write(path: Path, rom: bytes) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("wb") as file:
        file.write(rom)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
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
            name, serial = (" ".join(rom[part].decode("ascii", "replace").split()) for part in (_NAME, _SERIAL))
            digest = hashlib.sha1(rom).hexdigest()
            return f"a Genesis ROM ({name}, {serial}) of a version that stable-retro does not know, SHA-1 {digest}"
    return "not a Genesis ROM"
