"""The ROM and the start states that are committed are those that the sources make."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.windup.compilers import need
from windup.tools.build import INTEGRATION, MANIFEST, ROM, build_game
from windup.tools.rom import foreign_instructions, with_header

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    need("m68k-linux-gnu-gcc")
    folder = tmp_path_factory.mktemp("game")
    build_game(folder)
    return folder


def test_a_rebuild_gives_the_bytes_that_are_committed(built: Path) -> None:
    files = sorted(built.iterdir())
    assert len(files) == 58 + 3
    for file in files:
        assert file.read_bytes() == (INTEGRATION / file.name).read_bytes(), file.name
    assert {file.name for file in INTEGRATION.glob("*.state")} <= {file.name for file in files}


@pytest.mark.parametrize(("instruction", "foreign"), [("muls.l %d0, %d1", {"mulsl"}), ("muls.w %d0, %d1", set())])
def test_instructions_that_a_68000_has_not_are_found(tmp_path: Path, instruction: str, foreign: set[str]) -> None:
    need("m68k-linux-gnu-gcc")
    source, program = tmp_path / "a.S", tmp_path / "a.elf"
    source.write_text(f".globl _start\n_start: {instruction}\n rts\n")
    command = ["m68k-linux-gnu-gcc", "-m68020", "-nostdlib", "-static", source, "-o", program]
    subprocess.run(command, check=True)
    assert foreign_instructions(program) == foreign


def test_the_header_is_right() -> None:
    rom = (INTEGRATION / ROM).read_bytes()
    assert rom[0x100:0x10F] == b"SEGA MEGA DRIVE"
    assert with_header(rom) == rom
    assert int.from_bytes(rom[0x1A4:0x1A8], "big") == len(rom) - 1
    words = (int.from_bytes(rom[i : i + 2], "big") for i in range(0x200, len(rom), 2))
    assert sum(words) & 0xFFFF == int.from_bytes(rom[0x18E:0x190], "big") != 0


def test_states_of_another_rom_are_refused(tmp_path: Path) -> None:
    manifest = json.loads((INTEGRATION / MANIFEST).read_text())
    other = tmp_path / MANIFEST
    other.write_text(json.dumps(manifest | {"rom_sha256": "0" * 64}))
    script = f"""
import sys
from pathlib import Path
from actors.emulation import emulator
real = emulator.game_file
emulator.game_file = lambda game, name: Path({str(other)!r}) if name == "levels.json" else real(game, name)
try:
    emulator.Emulator("Windup-Genesis-v0", [()])
except emulator.EmulatorError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=200, check=True)
    assert "the start states were made with another ROM; make both anew with `make game`" in done.stdout
