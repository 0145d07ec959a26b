"""The files in a tar archive, read once from its beginning to its end.

`tarfile` takes as much memory as a header says, keeps all it has seen, and loops on damaged lists of holes.
"""

from collections.abc import Iterator

from actors.games.bounded import Readable, Source

BLOCK = 512
_FILES, _LONG_NAME, _OWN_HEADER, _PASSED = b"0\x007", b"L", b"x", b"5gKV"
"""Kinds of entries. Folders, headers of all files, long names of links, and volumes are passed over."""
_LARGEST_NAME = 1 << 16


class TarError(ValueError):
    """The archive is damaged."""


def is_tar(head: bytes) -> bool:
    """Whether the first block of a file is that of a tar archive."""
    try:
        return len(head) >= BLOCK and any(head[:100]) and _is_header(head[:BLOCK])
    except TarError:
        return False


def tar_entries(stream: Source) -> Iterator[tuple[str, "Readable | str"]]:
    """Yields name and content of each file, or why it has none. The content must be read before the next file.

    Errors of reading the stream pass through.

    Raises:
        TarError: the archive is damaged.
    """
    name = ""
    while any(header := stream.read(BLOCK)):
        if len(header) < BLOCK or not _is_header(header):
            raise TarError("it ends too early" if len(header) < BLOCK else "a header in it is damaged")
        part, kind = _Part(stream, _number(header[124:136])), header[156:157]
        if kind in (_LONG_NAME, _OWN_HEADER):
            data = part.read(_LARGEST_NAME)
            name = _text(data) if kind == _LONG_NAME else _path(data)
        elif kind in _FILES:
            yield name or _name(header), part
            if part.failed:
                return
            name = ""
        elif kind not in _PASSED:
            yield name or _name(header), "no file, but a link, a device, or one with holes"
            name = ""
        elif kind == b"5":
            name = ""
        part.finish()


class _Part:
    """The bytes of an entry, and the padding of its last block.

    Attributes:
        failed: whether reading has raised an error, after which the rest of the archive cannot be read.
    """

    def __init__(self, stream: Source, size: int) -> None:
        self.failed = False
        self._stream = stream
        self._left = size
        self._filling = -size % BLOCK

    def read(self, count: int, /) -> bytes:
        self.failed = True
        piece = self._stream.read(min(count, self._left))
        if not piece and self._left:
            raise TarError("it ends too early")
        self._left -= len(piece)
        self.failed = False
        return piece

    def finish(self) -> None:
        passed = self._stream.skip(self._left)
        # Some writers leave out the last filling.
        self._stream.skip(self._filling)
        if passed < self._left:
            raise TarError("it ends too early")


def _is_header(block: bytes) -> bool:
    return sum(block) - sum(block[148:156]) + 8 * ord(" ") == _number(block[148:156])


def _number(field: bytes) -> int:
    """Returns the number in a header's field: octal digits, or bytes with the first bit set."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0") or b"0"
    if not digits.isdigit() or b"8" in digits or b"9" in digits:
        raise TarError("a header in it is damaged")
    return int(digits, 8)


def _name(header: bytes) -> str:
    prefix = _text(header[345:500]) if header[257:263] == b"ustar\0" else ""
    return f"{prefix}/{_text(header[:100])}" if prefix else _text(header[:100])


def _path(records: bytes) -> str:
    """Returns the path in an extended header, whose records have the form `20 path=folder/game`."""
    for record in records.split(b"\n"):
        key, _, value = record.partition(b" ")[2].partition(b"=")
        if key == b"path":
            return _text(value)
    return ""


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode(errors="surrogateescape")
