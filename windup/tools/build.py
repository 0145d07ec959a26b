"""make game: levels, art and sources to ROM, start states and levels.json, the same bytes every time.

python -m windup.tools.build
"""

import hashlib
import json
import os
import tempfile
from pathlib import Path

from windup.game import GAME, INTEGRATIONS
from windup.leveling.level_file import LevelFile, read_levels
from windup.runs import pack
from windup.tools.assets import write_assets
from windup.tools.barriers import Start, read_starts
from windup.tools.compile_levels import write_levels
from windup.tools.rom import build_rom, sha256
from windup.tools.solutions import read_solution
from windup.tools.states import make_states

INTEGRATION = INTEGRATIONS / GAME
ROM, MANIFEST, DATA = "rom.md", "levels.json", "data.json"


def build_game(folder: Path) -> None:
    """Writes ROM, rom.sha, states and levels.json into an existing folder."""
    levels = read_levels()
    with tempfile.TemporaryDirectory(prefix="windup-") as name:
        work = Path(name)
        write_levels(levels, work / "levels.c")
        write_assets(work)
        rom = build_rom([work / "levels.c", work / "assets.c"], work)
    (folder / ROM).write_bytes(rom)
    # By this file stable-retro's import and integration tool recognise a ROM.
    (folder / "rom.sha").write_text(f"{hashlib.sha1(rom).hexdigest()}\n")
    make_states(folder / ROM, INTEGRATION / DATA, [level.name for level in levels], folder)
    manifest = {
        "rom_sha256": sha256(rom),
        "levels": [_about(number, level) for number, level in enumerate(levels)],
        "barriers": [_about_barrier(start) for start in read_starts()],
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n")


def main() -> None:
    # In the integration's own file system, so that each file is replaced in one go.
    with tempfile.TemporaryDirectory(dir=INTEGRATION.parent, prefix=".build-") as name:
        build_game(Path(name))
        made = sorted(Path(name).iterdir())
        for old in set(INTEGRATION.glob("*.state")) - {INTEGRATION / file.name for file in made}:
            old.unlink()
        # The manifest goes last: states that do not fit their ROM are refused by its hash.
        for file in sorted(made, key=lambda file: file.name == MANIFEST):
            os.replace(file, INTEGRATION / file.name)
    size = (INTEGRATION / ROM).stat().st_size
    print(f"{ROM}: {size // 1024} KiB, {len(made) - 3} states, in {INTEGRATION}")


def _about(number: int, level: LevelFile) -> dict[str, object]:
    return {
        "number": number,
        "name": level.name,
        "zone": level.zone,
        "act": level.act,
        "split": level.split,
        "length": level.width * 16,
        "barriers": list(level.barriers),
    }


def _about_barrier(start: Start) -> dict[str, object]:
    level, _, _ = start.name.rpartition(".")
    return {
        "name": start.name,
        "level": level,
        "split": f"{start.split}-barriers",
        "kind": start.kind,
        "pass_x": start.pass_x,
        "actions": " ".join(pack(read_solution(level).actions[: start.steps])),
    }


if __name__ == "__main__":
    main()
