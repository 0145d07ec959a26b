"""Reads files, and files in archives. Archives are recognised by their first bytes, not by their names."""

import bz2
import gzip
import io
import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from actors.games.bounded import Budget, Readable, Source, TooMuch, Unpacked
from actors.games.tar_entries import BLOCK, is_tar, tar_entries
from actors.games.zip_entries import DAMAGES, MEMORY, zip_entries

LARGEST = 32 << 20
"""Size of the largest ROM, in bytes: stable-retro's limit, which no cartridge reaches."""

ARCHIVE_ENDINGS = (".zip", ".gz", ".tgz", ".xz", ".txz", ".lzma", ".bz2", ".tar", ".7z", ".rar")

_TOO_LARGE = f"larger than any ROM ({LARGEST >> 20} MiB)"
_MOST = 8 << 30
"""Most bytes that are unpacked from one file: all cartridges ever made have a quarter of it."""
_DEEPEST = 4
"""Largest depth of archives within archives, because there is an archive that contains itself."""

_GZIP, _XZ, _LZMA, _BZIP2, _ZIP, _TAR = "gzip", "xz", "lzma", "bzip2", "zip", "tar"
_OPENED = {
    b"PK\3\4": _ZIP,
    b"PK\5\6": _ZIP,
    b"\x1f\x8b": _GZIP,
    b"\xfd7zXZ\0": _XZ,
    b"\x5d\0\0": _LZMA,
    b"BZh": _BZIP2,
}
_NAMED = {
    b"7z\xbc\xaf\x27\x1c": ("a 7z archive", "7z x"),
    b"Rar!\x1a\x07": ("a rar archive", "unrar x"),
    b"\x28\xb5\x2f\xfd": ("a file packed by zstd", "zstd -d"),
    b"\x04\x22\x4d\x18": ("a file packed by lz4", "lz4 -d"),
    b"MSCF": ("a cab archive", "cabextract"),
    b"LZIP": ("a file packed by lzip", "lzip -d"),
    b"\x1f\x9d": ("a file packed by compress", "gunzip"),
    b"\x1f\xa0": ("a file packed by compress", "gunzip"),
}
"""Archives that Python cannot read, by their first bytes: kind, and the command that unpacks them."""

_DAMAGES = (*DAMAGES, zlib.error, struct.error)


def contents(file: Path) -> Iterator[tuple[str, bytes | str]]:
    """Yields name and content of a file, or of each file in an archive; instead of the content, why it is unreadable.

    Memory is bounded by little more than the largest ROM, whatever sizes an archive states.
    """
    try:
        with file.open("rb") as stream:
            yield from _contents(str(file), stream, Budget(_MOST), 0)
    except TooMuch:
        yield str(file), f"an archive of more than {_MOST >> 30} GiB; unpack it, and import what was in it"
    except OSError as error:
        yield str(file), _why(error)


def _contents(name: str, stream: Readable, budget: Budget, depth: int) -> Iterator[tuple[str, bytes | str]]:
    source = Source(stream, budget)
    try:
        head = source.peek(BLOCK)
        kind = _kind(head) or _kind_by_name(name.lower(), head, stream)
        if not head:
            yield name, "empty"
        elif kind is None:
            yield name, _named(head) or _bounded(source)
        elif depth == _DEEPEST:
            yield name, f"archives in archives, more than {_DEEPEST} deep; unpack it, and import what was in it"
        elif kind in (_ZIP, _TAR):
            any_there = False
            for inner, content in zip_entries(_seekable(stream, source)) if kind == _ZIP else tar_entries(source):
                any_there = True
                if isinstance(content, str):
                    yield f"{name}:{inner}", content
                else:
                    yield from _contents(f"{name}:{inner}", content, budget, depth + 1)
            if not any_there:
                yield name, f"an empty {kind} archive"
        else:
            yield from _contents(f"{name}:{_unpacked_name(name)}", _unpacked(kind, source), budget, depth + 1)
    except _DAMAGES as error:
        yield name, _why(error)


def _kind(head: bytes) -> str | None:
    """Returns the kind of an archive from its first bytes; None if it is no archive, or one that Python cannot read."""
    for mark, kind in _OPENED.items():
        if head.startswith(mark):
            return kind
    return _TAR if is_tar(head) else None


def _kind_by_name(name: str, head: bytes, stream: Readable) -> str | None:
    """Returns the kind of an archive that its first bytes do not show: a self-extracting one, or an empty tar."""
    if name.endswith(".tar"):
        return None if any(head) else _TAR
    if not name.endswith(".zip") or not isinstance(stream, io.BufferedReader):
        return None
    at = stream.tell()
    is_zip = zipfile.is_zipfile(stream)
    stream.seek(at)
    return _ZIP if is_zip else None


def _named(head: bytes) -> str | None:
    """Returns the kind of an unreadable archive and how to unpack it; None for anything else."""
    for mark, (what, command) in _NAMED.items():
        if head.startswith(mark):
            return (
                f"{what}, which cannot be opened here; unpack it, as with `{command} FILE`, and import what was in it"
            )
    if head[2:5] == b"-lh" and head[6:7] == b"-":
        return "an lzh archive, which cannot be opened here; unpack it, as with `lha x FILE`, and import what was in it"
    return None


def _unpacked(kind: str, packed: Source) -> Readable:
    if kind == _GZIP:
        return gzip.GzipFile(fileobj=packed, mode="rb")  # type: ignore[call-overload]
    if kind == _BZIP2:
        return Unpacked(packed, bz2.BZ2Decompressor)
    form = lzma.FORMAT_XZ if kind == _XZ else lzma.FORMAT_ALONE
    return Unpacked(packed, lambda: lzma.LZMADecompressor(form, memlimit=MEMORY))


def _unpacked_name(name: str) -> str:
    """Returns the name without the suffix of the compression: game.md for game.md.gz."""
    stem, ending = os.path.splitext(os.path.basename(name).rpartition(":")[2])
    return stem if ending.lower() in (".gz", ".xz", ".lzma", ".bz2") else f"{stem}.tar"


def _seekable(stream: Readable, source: Source) -> IO[bytes]:
    """Returns a stream that can seek, as a zip archive needs; one inside another archive is read into memory."""
    if isinstance(stream, io.BufferedReader):
        return stream
    content = source.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError(f"a zip archive of more than {LARGEST >> 20} MiB in an archive; unpack the outer one first")
    return io.BytesIO(content)


def _bounded(source: Source) -> bytes | str:
    content = source.read(LARGEST + 1)
    return content if len(content) <= LARGEST else _TOO_LARGE


def _why(error: Exception) -> str:
    return f"cannot be read: {getattr(error, 'strerror', None) or error or type(error).__name__}"
