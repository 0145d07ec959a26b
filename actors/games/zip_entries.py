"""The files in a zip archive."""

import bz2
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from actors.games.bounded import Readable, Unpacked

_LARGEST_TABLE = 16 << 20
"""Most bytes of the table of contents, which `zipfile` reads at once: 150,000 names and more."""
_LARGEST_END = 22 + 65535
"""Most bytes of the record at the archive's end, with its comment."""
_LOCAL_HEADER = 30
_ENCRYPTED, _ENDS_BY_MARK = 0x1, 0x2
MEMORY = 128 << 20
"""Most bytes of memory for an LZMA decoder; the strongest preset of xz takes 65 MiB."""


class ZipError(ValueError):
    """An archive, or a file in one, cannot be opened."""


DAMAGES = (
    OSError,
    EOFError,
    ValueError,
    RuntimeError,
    NotImplementedError,
    OverflowError,
    zipfile.BadZipFile,
    lzma.LZMAError,
)
"""Errors that opening a file in a damaged archive was seen to raise, mostly for false names and sizes."""


def zip_entries(stream: IO[bytes]) -> Iterator[tuple[str, Readable | str]]:
    """Yields name and content of each file, or why it has none.

    Raises:
        ZipError: the table of contents is too large.
        DAMAGES: the archive is damaged.
    """
    _check_table(stream)
    with zipfile.ZipFile(stream) as archive:
        for entry in archive.infolist():
            if entry.is_dir():
                continue
            try:
                content = _content(stream, archive, entry)
            except DAMAGES as error:
                yield entry.filename, f"cannot be read: {error}"
            else:
                yield entry.filename, content


def _content(stream: IO[bytes], archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Readable | str:
    if entry.flag_bits & _ENCRYPTED:
        return "encrypted; unpack the archive with its password, and import what was in it"
    if entry.compress_type not in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        return archive.open(entry)
    # `zipfile` would unpack all of these at once, whatever comes out.
    packed = _Packed(stream, entry)
    if entry.compress_type == zipfile.ZIP_BZIP2:
        return _Checked(Unpacked(packed, bz2.BZ2Decompressor), entry.CRC)
    # Version, size of the properties, properties. With a size after them the rest is as in a file of lzma.
    header = packed.read(9)
    if header[2:4] != b"\5\0":
        raise ZipError("its LZMA header is damaged")
    size = b"\xff" * 8 if entry.flag_bits & _ENDS_BY_MARK else entry.file_size.to_bytes(8, "little")
    packed.begin = header[4:] + size
    return _Checked(Unpacked(packed, lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=MEMORY)), entry.CRC)


class _Packed:
    """The compressed bytes of an entry.

    Attributes:
        begin: bytes that come before them.
    """

    def __init__(self, stream: IO[bytes], entry: zipfile.ZipInfo) -> None:
        stream.seek(entry.header_offset)
        header = stream.read(_LOCAL_HEADER)
        if len(header) < _LOCAL_HEADER or not header.startswith(b"PK\3\4"):
            raise ZipError("its header is damaged")
        self.begin = b""
        self._stream = stream
        self._at = entry.header_offset + _LOCAL_HEADER + sum(struct.unpack("<HH", header[26:]))
        self._left = entry.compress_size

    def read(self, count: int, /) -> bytes:
        if self.begin:
            piece, self.begin = self.begin[:count], self.begin[count:]
            return piece
        self._stream.seek(self._at)
        piece = self._stream.read(min(count, self._left))
        self._at += len(piece)
        self._left -= len(piece)
        return piece


class _Checked:
    """A stream that is compared with its checksum at its end."""

    def __init__(self, stream: Readable, checksum: int) -> None:
        self._stream, self._checksum = stream, checksum
        self._sum = 0

    def read(self, count: int, /) -> bytes:
        piece = self._stream.read(count)
        self._sum = zlib.crc32(piece, self._sum)
        if not piece and self._sum != self._checksum:
            raise ZipError("it is damaged: its checksum is another")
        return piece


def _check_table(stream: IO[bytes]) -> None:
    """Checks the size of the table of contents, which `zipfile` reads at once.

    Raises:
        ZipError: it is too large.
    """
    size = stream.seek(0, io.SEEK_END)
    stream.seek(max(0, size - _LARGEST_END))
    end = stream.read()
    at = end.rfind(b"PK\5\6")
    stream.seek(0)
    if at < 0:
        return
    if (
        end[max(0, at - 20) : at].startswith(b"PK\6\7")
        or int.from_bytes(end[at + 12 : at + 16], "little") > _LARGEST_TABLE
    ):
        raise ZipError("it has too many files, or more than 4 GiB; unpack it, and import what was in it")
