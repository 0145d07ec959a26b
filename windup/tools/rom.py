"""Makes a ROM of C, assembly and generated data, by Debian's gcc-m68k-linux-gnu."""

import hashlib
import shutil
import struct
import subprocess
from pathlib import Path

from windup.tools.native import LOGIC, SOURCES

PREFIX = "m68k-linux-gnu-"
LINKER_SCRIPT = Path(__file__).parents[1] / "link.ld"

_HARDWARE = ("boot.S", "lib68k.S", "vdp.c", "pad.c", "hud.c", "draw.c", "main.c")
# The 68000 has no words at odd addresses, and gcc 12 merges two bytes into one all the same: hence no store merging.
_FLAGS = (
    "-m68000 -mstrict-align -fno-store-merging -O2 -std=gnu11 -ffreestanding -fno-pic -fno-pie"
    " -fomit-frame-pointer -fno-stack-protector"
    " -fno-tree-loop-distribute-patterns -fno-unwind-tables -fno-asynchronous-unwind-tables -ffunction-sections"
    " -fdata-sections -Wall -Wextra -Werror"
)
_LINK = "-nostdlib -static -no-pie -Wl,--gc-sections -Wl,--build-id=none -Wl,-z,noexecstack"
_ONLY_68020 = (
    "mulsl",
    "mulul",
    "divsl",
    "divul",
    "divsll",
    "divull",
    "extbl",
    "bf",
    "cas",
    "pack",
    "unpk",
    "rtd",
    "trap",
)
"""Prefixes of the names, in objdump, of instructions that only a 68020 has, and of traps: the game has none."""
_CHECKSUM, _LAST_BYTE, _HEADER_END = 0x18E, 0x1A4, 0x200


class NoCrossCompiler(RuntimeError):
    """Debian's gcc-m68k-linux-gnu is not installed."""


def build_rom(generated: list[Path], folder: Path) -> bytes:
    """Builds the ROM, with its header's last byte and checksum.

    Args:
        generated: C files of levels and art, with their headers beside them.
        folder: for intermediate files.

    Raises:
        NoCrossCompiler: the compiler is not installed.
        RuntimeError: the compiler reports an error.
    """
    if shutil.which(f"{PREFIX}gcc") is None:
        raise NoCrossCompiler("the 68000's compiler is missing: apt-get install gcc-m68k-linux-gnu")
    sources = [*(SOURCES / name for name in (*_HARDWARE, *LOGIC)), *generated]
    objects = []
    for source in sources:
        output = folder / f"{source.name}.o"
        _run("gcc", *_FLAGS.split(), f"-I{SOURCES}", f"-I{folder}", "-c", source, "-o", output)
        objects.append(output)
    linked = folder / "windup.elf"
    _run("gcc", *_LINK.split(), "-T", LINKER_SCRIPT, *objects, "-o", linked)
    if foreign := foreign_instructions(linked):
        raise RuntimeError(f"the 68000 does not know {', '.join(sorted(foreign))}")
    flat = folder / "windup.bin"
    _run("objcopy", "-O", "binary", "-j", ".head", "-j", ".text", "-j", ".rodata", linked, flat)
    return with_header(flat.read_bytes())


def foreign_instructions(program: Path) -> set[str]:
    """Returns instructions in a linked program that only a 68020 has, of which libgcc's arithmetic for m68k is full."""
    # Disassembled as for a 68020, or they would be unknown data.
    listing = _run("objdump", "-d", "-j", ".text", "-m", "m68k:68020", program)
    code = {line.split("\t")[2].split()[0] for line in listing.splitlines() if line.count("\t") >= 2}
    return {name for name in code if name.startswith(_ONLY_68020)}


def with_header(rom: bytes) -> bytes:
    """Pads to 64 KiB, and fills in the last byte's address and the checksum: the sum of all words after the header."""
    padded = bytearray(rom + bytes(-len(rom) % 0x10000))
    struct.pack_into(">I", padded, _LAST_BYTE, len(padded) - 1)
    words = struct.unpack(f">{(len(padded) - _HEADER_END) // 2}H", padded[_HEADER_END:])
    struct.pack_into(">H", padded, _CHECKSUM, sum(words) & 0xFFFF)
    return bytes(padded)


def sha256(rom: bytes) -> str:
    return hashlib.sha256(rom).hexdigest()


def _run(tool: str, *arguments: object) -> str:
    done = subprocess.run([PREFIX + tool, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{tool}: {done.stderr}")
    return done.stdout
