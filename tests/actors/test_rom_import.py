"""With the one free ROM there is, imported into a folder of the test's own."""

import hashlib
import io
import zipfile
from pathlib import Path

import pytest
import stable_retro

from actors.games.rom_files import ImportPathError, find_files
from actors.games.rom_import import Known, import_roms, known_roms

ROM = Path(stable_retro.data.get_romfile_path("Airstriker-Genesis-v0")).read_bytes()


@pytest.fixture
def known(tmp_path: Path) -> dict[str, Known]:
    folder = tmp_path / "Game-Genesis-v0"
    folder.mkdir()
    return {hashlib.sha1(ROM).hexdigest(): Known("Game-Genesis-v0", folder)}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "mine" / "deep"
    folder.mkdir(parents=True)
    return folder


def _zip(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _interleaved(rom: bytes) -> bytes:
    rom += bytes(-len(rom) % 0x4000)
    body = b"".join(rom[i + 1 : i + 0x4000 : 2] + rom[i : i + 0x4000 : 2] for i in range(0, len(rom), 0x4000))
    return bytes(512) + body


def test_stable_retro_s_checksums_are_known() -> None:
    games = {rom.game for rom in known_roms().values()}
    assert {"SonicTheHedgehog-Genesis-v0", "Airstriker-Genesis-v0"} <= games
    assert known_roms()[hashlib.sha1(ROM).hexdigest()].game == "Airstriker-Genesis-v0"


def test_every_known_rom_belongs_where_games_are_looked_for() -> None:
    # openai/retro #252: an import that says it worked, and a game that is not found.
    assert ".md" in stable_retro.data.EMU_EXTENSIONS
    for rom in known_roms().values():
        sha = stable_retro.data.get_file_path(rom.game, "rom.sha", stable_retro.data.Integrations.STABLE)
        assert Path(sha) == rom.folder / "rom.sha"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("any.bin", ROM),
        ("no-extension", ROM),
        ("roms.zip", _zip({"a/readme.txt": b"hello", "a/game.md": ROM})),
        ("ROMS.ZIP", _zip({"inner.zip": _zip({"game.md": ROM})})),
    ],
)
def test_a_rom_is_recognised_by_its_checksum_wherever_it_is(
    name: str, content: bytes, source: Path, known: dict[str, Known], tmp_path: Path
) -> None:
    (source / name).write_bytes(content)
    summary = import_roms(find_files([tmp_path / "mine"]), known)
    assert list(summary.imported) == ["Game-Genesis-v0"]
    assert summary.imported["Game-Genesis-v0"].startswith(str(source / name))
    assert (tmp_path / "Game-Genesis-v0" / "rom.md").read_bytes() == ROM
    assert [p.name for p in (tmp_path / "Game-Genesis-v0").iterdir()] == ["rom.md"]


def test_a_super_magic_drive_dump_is_put_in_order(source: Path, known: dict[str, Known]) -> None:
    padded = ROM + bytes(-len(ROM) % 0x4000)
    (rom,) = known.values()
    (source / "game.smd").write_bytes(_interleaved(ROM))
    summary = import_roms(find_files([source]), {hashlib.sha1(padded).hexdigest(): rom})
    assert list(summary.imported) == ["Game-Genesis-v0"]
    assert rom.path.read_bytes() == padded


def test_what_is_there_already_is_not_written_again(source: Path, known: dict[str, Known]) -> None:
    (source / "game.md").write_bytes(ROM)
    import_roms(find_files([source]), known)
    (rom,) = known.values()
    before = rom.path.stat().st_mtime_ns
    summary = import_roms(find_files([source]), known)
    assert (list(summary.present), summary.imported) == (["Game-Genesis-v0"], {})
    assert rom.path.stat().st_mtime_ns == before


def test_a_damaged_rom_that_is_there_is_replaced(source: Path, known: dict[str, Known]) -> None:
    (rom,) = known.values()
    rom.path.write_bytes(b"half")
    (source / "game.md").write_bytes(ROM)
    assert list(import_roms(find_files([source]), known).imported) == ["Game-Genesis-v0"]
    assert rom.path.read_bytes() == ROM


def test_of_two_versions_of_a_game_the_first_stays(source: Path, known: dict[str, Known]) -> None:
    (rom,) = known.values()
    other = ROM + b"\0"
    known[hashlib.sha1(other).hexdigest()] = rom
    (source / "a.md").write_bytes(ROM)
    (source / "b.md").write_bytes(other)
    first = import_roms(find_files([source]), known)
    assert first.imported == {rom.game: str(source / "a.md")}
    assert first.unknown == {str(source / "b.md"): f"{rom.game} again, as {source / 'a.md'}"}
    (source / "a.md").unlink()
    second = import_roms(find_files([source]), known)
    assert (list(second.present), second.imported) == ([rom.game], {})
    assert rom.path.read_bytes() == ROM


@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_damaged_entry_of_a_zip_does_not_hide_the_others(
    compression: int, source: Path, known: dict[str, Known]
) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        archive.writestr("bad", b"hello" * 4000)
        archive.writestr("no.zip", b"PK not a zip")
        archive.writestr("game.md", ROM)
    damaged = bytearray(buffer.getvalue())
    begin = 30 + len("bad")
    damaged[begin : begin + 40] = bytes(byte ^ 0xFF for byte in damaged[begin : begin + 40])
    (source / "roms.zip").write_bytes(damaged)
    summary = import_roms(find_files([source]), known)
    assert summary.imported == {"Game-Genesis-v0": f"{source / 'roms.zip'}:game.md"}
    assert [name.rsplit(":")[-1] for name in summary.unknown] == ["bad", "no.zip"]
    assert all(why.startswith("cannot be read") for why in summary.unknown.values())


@pytest.mark.parametrize("in_the_way", [".rom.md.tmp", "rom.md"])
def test_a_rom_that_cannot_be_put_in_its_place_is_told_apart(
    in_the_way: str, source: Path, known: dict[str, Known]
) -> None:
    (rom,) = known.values()
    (rom.folder / in_the_way).mkdir()
    (source / "game.md").write_bytes(ROM)
    summary = import_roms(find_files([source]), known)
    assert list(summary.failed) == [rom.game]
    assert "Is a directory" in summary.failed[rom.game]
    assert not summary.imported
    assert not summary.unknown
    assert [p.name for p in rom.folder.iterdir()] == [in_the_way]


def test_what_is_not_recognised_is_told_with_the_reason(source: Path, known: dict[str, Known]) -> None:
    other = bytearray(ROM)
    other[0x100:0x104] = b"SEGA"
    other[0x150:0x180] = b"SOME\x1b\x07 GAME".ljust(0x30)
    other[0x180:0x18E] = b"GM 00001234-00"
    (source / "a.txt").write_bytes(b"hello")
    (source / "b.md").write_bytes(other)
    (source / "c.zip").write_bytes(b"PK not a zip")
    (source / "d.zip").write_bytes(_zip({"e.md": ROM})[:-40])
    with (source / "f.bin").open("wb") as file:
        file.truncate(33 << 20)
    files = find_files([source])
    seen: list[Path] = []
    summary = import_roms(files, known, seen.append)
    assert seen == files.files
    why = {Path(name).name: reason for name, reason in summary.unknown.items()}
    assert why["a.txt"] == "not a Genesis ROM"
    assert "SOME GAME, GM 00001234-00" in why["b.md"]
    assert hashlib.sha1(other).hexdigest() in why["b.md"]
    assert "cannot be read" in why["c.zip"]
    assert "cannot be read" in why["d.zip"]
    assert "larger than any ROM" in why["f.bin"]
    assert not summary.imported


def test_a_path_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ImportPathError, match="none does not exist"):
        find_files([tmp_path / "none"])
    with pytest.raises(ImportPathError, match="cannot be read: File name too long"):
        find_files([tmp_path / ("x" * 5000)])
