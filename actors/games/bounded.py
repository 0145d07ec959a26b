"""Streams with bounded memory and a bounded number of bytes."""

import io
from collections.abc import Callable
from typing import Any, Protocol

_CHUNK = 1 << 16


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class TooMuch(Exception):
    """A file unpacks to more bytes than are allowed."""


class Budget:
    """The number of bytes that may still be unpacked from a file and the archives in it."""

    def __init__(self, left: int) -> None:
        self._left = left

    def take(self, count: int) -> None:
        """Takes a number of bytes out of the budget.

        Raises:
            TooMuch: fewer are left.
        """
        self._left -= count
        if self._left < 0:
            raise TooMuch


class Source:
    """A stream whose next bytes can be seen before they are read."""

    def __init__(self, stream: Readable, budget: Budget) -> None:
        self._stream = stream
        self._budget = budget
        self._begin = b""

    def peek(self, count: int) -> bytes:
        """Returns the next bytes without reading them; fewer only at the end."""
        self._begin += self._fetch(count - len(self._begin))
        return self._begin[:count]

    def read(self, count: int) -> bytes:
        """Reads so many bytes; fewer only at the end."""
        begin, self._begin = self._begin[:count], self._begin[count:]
        return begin + self._fetch(count - len(begin))

    def skip(self, count: int) -> int:
        """Skips bytes; returns how many there were."""
        passed = 0
        while passed < count and (chunk := self.read(min(_CHUNK, count - passed))):
            passed += len(chunk)
        return passed

    def _fetch(self, count: int) -> bytes:
        parts = io.BytesIO()
        while (wanted := count - parts.tell()) > 0:
            chunk = self._stream.read(min(wanted, _CHUNK))
            if not chunk:
                break
            self._budget.take(len(chunk))
            parts.write(chunk)
        return parts.getvalue()


class Unpacked:
    """A decompressed stream, read in pieces of bounded size: those of `zipfile` and `lzma` can be of any size."""

    def __init__(self, packed: Readable, make: Callable[[], Any]) -> None:
        """
        Args:
            make: makes an lzma.LZMADecompressor or bz2.BZ2Decompressor.
        """
        self._packed, self._make = packed, make
        self._decompressor = make()

    def read(self, count: int) -> bytes:
        """Reads at most a number of bytes; none at the end.

        Raises:
            EOFError: the stream ends too early.
            OSError, lzma.LZMAError: the stream is damaged.
        """
        while True:
            if self._decompressor.eof:
                # Streams may follow each other, with zeros between them.
                rest = self._decompressor.unused_data.lstrip(b"\0") or self._packed.read(_CHUNK).lstrip(b"\0")
                if not rest:
                    return b""
                self._decompressor = self._make()
                piece = self._decompressor.decompress(rest, count)
            else:
                given = self._packed.read(_CHUNK) if self._decompressor.needs_input else b""
                if not given and self._decompressor.needs_input:
                    raise EOFError("it ends too early")
                piece = self._decompressor.decompress(given, count)
            if piece:
                return bytes(piece)
