"""Every file that `sonic-worlds import` is given: opened where it can be, or told why not."""

import bz2
import gzip
import hashlib
import io
import lzma
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from rich.console import Console

from actors.games.archives import contents
from actors.games.rom_files import find_files
from actors.games.rom_import import Known, import_roms
from cluster.commands.import_roms import import_command
from windup.game import GAME, INTEGRATIONS

ROM = (INTEGRATIONS / GAME / "rom.md").read_bytes()
_OTHER = "Mine-Genesis-v0"


@pytest.fixture
def known(tmp_path: Path) -> dict[str, Known]:
    folder = tmp_path / _OTHER
    folder.mkdir()
    return {hashlib.sha1(ROM).hexdigest(): Known(_OTHER, folder)}


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    return folder


def _zip(files: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _tar(files: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def _swapped(rom: bytes) -> bytes:
    return b"".join(rom[i + 1 : i + 2] + rom[i : i + 1] for i in range(0, len(rom), 2))


def _interleaved(rom: bytes) -> bytes:
    return b"".join(rom[i + 1 : i + 0x4000 : 2] + rom[i : i + 0x4000 : 2] for i in range(0, len(rom), 0x4000))


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, 1)


_LONG = "folder/" * 30 + "gäme.md"
_OPENED = {
    "game.md.gz": lambda: _gzip(ROM),
    "game.md.xz": lambda: lzma.compress(ROM, preset=0),
    "game.md.lzma": lambda: lzma.compress(ROM, lzma.FORMAT_ALONE, preset=0),
    "game.md.bz2": lambda: bz2.compress(ROM, 1),
    "two-parts.gz": lambda: _gzip(ROM[:1000]) + _gzip(ROM[1000:]),
    "two-parts.xz": lambda: lzma.compress(ROM[:1000]) + bytes(4) + lzma.compress(ROM[1000:], preset=0),
    "roms.tar": lambda: _tar({"a.txt": b"hello", "game.md": ROM}),
    "gnu.tar": lambda: _tar({_LONG: ROM}, tarfile.GNU_FORMAT),
    "pax.tar": lambda: _tar({_LONG: ROM}, tarfile.PAX_FORMAT),
    "ustar.tar": lambda: _tar({"folder/" * 18 + "game.md": ROM}, tarfile.USTAR_FORMAT),
    "roms.tar.gz": lambda: _gzip(_tar({"game.md": ROM})),
    "roms.tgz": lambda: _gzip(_tar({"game.md": ROM})),
    "roms.tar.xz": lambda: lzma.compress(_tar({"game.md": ROM}), preset=0),
    "a zip named as a ROM.md": lambda: _zip({"game.md": ROM}),
    "in each other.zip": lambda: _zip({"a.tar": _tar({"game.md.gz": _gzip(ROM)})}),
    "unpacks itself.zip": lambda: b"MZ" + bytes(1000) + _zip({"game.md": ROM}),
    "lzma.zip": lambda: _zip({"game.md": ROM}, zipfile.ZIP_LZMA),
    "bzip2.zip": lambda: _zip({"game.md": ROM}, zipfile.ZIP_BZIP2),
    "behind a header.bin": lambda: bytes(512) + ROM,
    "swapped.v64": lambda: _swapped(ROM),
    "swapped, behind a header.bin": lambda: bytes(range(256)) * 2 + _swapped(ROM),
    "interleaved.bin": lambda: _interleaved(ROM),
    "game.smd": lambda: bytes(512) + _interleaved(ROM),
    "swapped.gz": lambda: _gzip(_swapped(ROM)),
}


@pytest.mark.parametrize("name", _OPENED)
def test_the_rom_is_found_in(name: str, mine: Path, known: dict[str, Known]) -> None:
    (mine / name).write_bytes(_OPENED[name]())
    summary = import_roms(find_files([mine]), known)
    assert list(summary.imported) == [_OTHER], summary
    assert summary.imported[_OTHER].startswith(str(mine / name))
    (rom,) = known.values()
    assert rom.path.read_bytes() == ROM


_TOLD = {
    "a.7z": (
        b"7z\xbc\xaf\x27\x1c" + bytes(40),
        "a 7z archive, which cannot be opened here; unpack it, as with `7z x FILE`",
    ),
    "b.rar": (
        b"Rar!\x1a\x07\x01\0" + bytes(40),
        "a rar archive, which cannot be opened here; unpack it, as with `unrar x",
    ),
    "c.md": (b"7z\xbc\xaf\x27\x1c" + bytes(40), "a 7z archive"),
    "d.zst": (b"\x28\xb5\x2f\xfd" + bytes(40), "a file packed by zstd"),
    "d.lz4": (b"\x04\x22\x4d\x18" + bytes(40), "a file packed by lz4"),
    "e.lzh": (b"\x20\x80-lh5-" + bytes(40), "an lzh archive"),
    "f.md": (b"", "empty"),
    "g.zip": (_zip({}), "an empty zip archive"),
    "h.tar": (_tar({})[1024:], "an empty tar archive"),
    "i.tar.gz": (_gzip(bytes(10240)), "an empty tar archive"),
    "j.gz": (b"hello", "cannot be read: it is named .gz, but it is no such archive"),
    "k.gz": (_gzip(ROM)[:-500], "cannot be read: Compressed file ended before the end-of-stream marker was reached"),
    "l.xz": (lzma.compress(b"hello" * 100)[:-40], "cannot be read: it ends too early"),
    "l.lzma": (lzma.compress(b"hello" * 100, lzma.FORMAT_ALONE)[:-20], "cannot be read: it ends too early"),
    "m.tar": (_tar({"a.md": ROM})[:9000], "cannot be read: it ends too early"),
    "n.nes": (b"NES\x1a" + bytes(16), "not a Genesis ROM, but one of the NES"),
    "o.gz": (_gzip(b"hello"), "not a Genesis ROM"),
    "p.zip": (_zip({"a.7z": b"7z\xbc\xaf\x27\x1c" + bytes(40)}), "a 7z archive"),
}


@pytest.mark.parametrize("name", _TOLD)
def test_what_cannot_be_used_is_told_with_the_reason(name: str, mine: Path, known: dict[str, Known]) -> None:
    content, message = _TOLD[name]
    (mine / name).write_bytes(content)
    summary = import_roms(find_files([mine]), known)
    (reason,) = summary.unknown.values()
    assert reason.startswith(message)
    assert not summary.imported


def test_an_encrypted_file_in_a_zip_does_not_hide_the_others(mine: Path, known: dict[str, Known]) -> None:
    content = bytearray(_zip({"secret": b"hello", "game.md": ROM}))
    for at in (6, content.index(b"PK\1\2") + 8):
        content[at] |= 1
    (mine / "a.zip").write_bytes(content)
    summary = import_roms(find_files([mine]), known)
    assert list(summary.imported) == [_OTHER]
    assert summary.unknown == {
        f"{mine / 'a.zip'}:secret": "encrypted; unpack the archive with its password, and import what was in it"
    }


def test_links_are_followed_and_loops_end(
    mine: Path, tmp_path: Path, known: dict[str, Known], monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "game.bin").write_bytes(ROM)
    (mine / "a").symlink_to(elsewhere)
    (elsewhere / "back").symlink_to(mine)
    (mine / "nothing").symlink_to("not there")
    (mine / "x").symlink_to("y")
    (mine / "y").symlink_to("x")
    os.mkfifo(mine / "pipe")
    monkeypatch.chdir(mine)  # A socket's path has 107 bytes at most.
    with socket.socket(socket.AF_UNIX) as end:
        end.bind("socket")
        summary = import_roms(find_files([mine]), known)
    assert summary.imported == {_OTHER: str(mine / "a" / "game.bin")}
    assert summary.unknown == {
        str(mine / "a" / "back"): f"the same folder as {mine}",
        str(mine / "nothing"): "a link to nothing",
        str(mine / "pipe"): "no file, but a device, a pipe or a socket",
        str(mine / "socket"): "no file, but a device, a pipe or a socket",
        str(mine / "x"): "cannot be read: Too many levels of symbolic links",
        str(mine / "y"): "cannot be read: Too many levels of symbolic links",
    }


def test_what_may_not_be_read_is_told(mine: Path) -> None:
    (mine / "closed").mkdir()
    (mine / "closed" / "a.md").write_text("hello")
    (mine / "b.md").write_text("hello")
    (mine / "closed").chmod(0)
    (mine / "b.md").chmod(0)
    command = [sys.executable, "-c", "from cluster.cli import main; main()", "import", str(mine)]
    if os.geteuid() == 0:
        # The superuser reads everything, unless it is denied that.
        if not shutil.which("setpriv"):
            pytest.skip("setpriv, by which the superuser's rights are dropped, is not here")
        command = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", *command]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    finally:
        (mine / "closed").chmod(0o700)
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines() == [
        f"skipped   {mine / 'closed'}: cannot be read: Permission denied",
        f"skipped   {mine / 'b.md'}: cannot be read: Permission denied",
        "1 files: 0 imported, 0 already present, 2 skipped",
    ]


def test_where_no_terminal_is_every_file_is_named(mine: Path) -> None:
    for i in range(30):
        (mine / f"{i:02}.txt").write_text("hello")
    (mine / "z.7z").write_bytes(_TOLD["a.7z"][0])
    shown = {}
    for terminal in (True, False):
        console = Console(file=io.StringIO(), force_terminal=terminal, width=300, color_system=None)
        assert import_command([mine], console) == 1
        assert isinstance(console.file, io.StringIO)
        shown[terminal] = console.file.getvalue()
    assert shown[False].count("skipped   ") == 31
    # On a terminal those are left out of which there is nothing to say.
    assert "and 10 more, each not a Genesis ROM" in shown[True]
    assert "z.7z: a 7z archive" in shown[True]


_MEASURED = """
import sys
from pathlib import Path
from actors.games.archives import contents
def most():
    (line,) = (line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    return int(line.split()[1])
before = most()
for file in sys.argv[1:]:
    for _, content in contents(Path(file)):
        print(content if isinstance(content, str) else len(content))
print((most() - before) >> 10)
"""


def test_absurd_sizes_take_no_memory(mine: Path) -> None:
    zeros = bytes(1 << 26)
    (mine / "a.gz").write_bytes(_gzip(zeros) * 4)
    (mine / "b.zip").write_bytes(_zip({"game.md": zeros}, zipfile.ZIP_LZMA))
    header = bytearray(_tar({"game.md": b""})[512:1024])
    header[124:136] = b"\x80" + (1 << 60).to_bytes(11, "big")
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    (mine / "c.tar").write_bytes(bytes(header) + bytes(512))
    header[156:157] = b"x"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    (mine / "d.tar").write_bytes(bytes(header) + bytes(512))
    end = bytearray(_zip({"a": b"hello"}))
    end[-10:-6] = b"\xff" * 4
    (mine / "e.zip").write_bytes(end)
    with (mine / "f.md").open("wb") as file:
        file.truncate(1 << 40)
    deep = _zip({"game.md": ROM})
    for _ in range(5):
        deep = _zip({"a.zip": deep})
    (mine / "g.zip").write_bytes(deep)
    files = sorted(map(str, mine.iterdir()))
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, *files], capture_output=True, text=True, timeout=200, check=True
    )
    *message, used = done.stdout.splitlines()
    assert message == [
        "larger than any ROM (32 MiB)",
        "larger than any ROM (32 MiB)",
        "cannot be read: it ends too early",
        "cannot be read: it ends too early",
        "cannot be read: it has too many files, or more than 4 GiB; unpack it, and import what was in it",
        "larger than any ROM (32 MiB)",
        "archives in archives, more than 4 deep; unpack it, and import what was in it",
    ]
    assert int(used) < 100, used


def test_a_file_that_goes_away_meanwhile_is_told(mine: Path) -> None:
    assert list(contents(mine / "gone")) == [(str(mine / "gone"), "cannot be read: No such file or directory")]
