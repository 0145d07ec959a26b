"""The formats in which a cartridge's ROM is dumped into a file."""

import hashlib
from collections.abc import Iterator

_HEADER = 512
_BLOCK = 0x4000
_UNIT = 512
"""Every cartridge's size is a multiple of so many bytes: most other files need not be tried in every format."""
_NAME, _SERIAL, _MARK = slice(0x150, 0x180), slice(0x180, 0x18E), slice(0x100, 0x104)


def plain_forms(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Yields the format ("" for none) and the content in the cartridge's byte order, for each possible format.

    The content itself is first.
    """
    yield "", content
    if len(content) % _UNIT:
        return
    # Copiers put one before the ROM, and the Super Magic Drive interleaved what comes after it.
    for header, body in (("", content), ("behind a 512-byte header", content[_HEADER:])):
        if not body:
            continue
        if header:
            yield header, body
        suffix = f", {header}" if header else ""
        if len(body) % _BLOCK == 0:
            yield f"interleaved{suffix}", _deinterleaved(body)
        yield f"byte-swapped{suffix}", _swapped(body)


def described(content: bytes) -> tuple[str, str] | None:
    """Returns name, serial and format of a Genesis ROM, and the SHA-1 of its plain form; None for other files."""
    for form, rom in plain_forms(content):
        if rom[_MARK] == b"SEGA":
            description = [_text(rom[_NAME]), _text(rom[_SERIAL]), form]
            return ", ".join(filter(None, description)), hashlib.sha1(rom).hexdigest()
    return None


def _swapped(body: bytes) -> bytes:
    rom = bytearray(len(body))
    rom[::2], rom[1::2] = body[1::2], body[::2]
    return bytes(rom)


def _deinterleaved(body: bytes) -> bytes:
    """Returns the bytes in order, from blocks that hold first the odd and then the even ones."""
    rom = bytearray(len(body))
    half = _BLOCK // 2
    for begin in range(0, len(body), _BLOCK):
        rom[begin + 1 : begin + _BLOCK : 2] = body[begin : begin + half]
        rom[begin : begin + _BLOCK : 2] = body[begin + half : begin + _BLOCK]
    return bytes(rom)


def _text(field: bytes) -> str:
    return " ".join("".join(chr(byte) if 32 <= byte < 127 else " " for byte in field).split())
