"""Level files are read as they were written, and each broken rule is named with its place."""

from pathlib import Path

import pytest

from tests.windup.arenas import ABOVE, arena
from windup.leveling.level_file import LevelFile, LevelFileError, read_level, read_levels
from windup.tools.compile_levels import write_levels


def good() -> LevelFile:
    return arena("Playroom.Act1", (4, ABOVE), (10, 5, "oo"), width=188, height=30)


def written(folder: Path, text: str) -> Path:
    file = folder / "Playroom.Act1.txt"
    file.write_text(text)
    return file


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert read_level(written(tmp_path, good().text())) == good()


def test_committed_levels_are_58() -> None:
    levels = read_levels()
    assert len(levels) == 58
    assert sum(level.split == "validation" for level in levels) == 11


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("---\n", "", "no line `---`"),
        ("act: 1\n", "", "the header must have the keys"),
        ("zone: Playroom", "zone: Cellar", "zone 'Cellar'; there are Playroom"),
        ("act: 1", "act: 10", "act '10'; Playroom has 1 to 9"),
        ("name: Playroom.Act1", "name: Playroom.Act2", "it must be Playroom.Act1"),
        ("split: train", "split: test", "split 'test'; there are train, validation"),
        ("barriers: none", "barriers: moat", "barrier 'moat'; there are none, switch, spring, run-up"),
        ("oo", "o?", ":13:12: '?' is no block or object"),
        ("oo.", "oo", ":13: 187 columns, the first row has 188"),
        ("P", ".", "0 times 'P'; one start"),
        ("oo", "!o", "2 times '!'; one goal"),
        ("oo", "oa", "switch 'a' and gate 'A' go together"),
    ],
)
def test_a_broken_rule_is_named(tmp_path: Path, old: str, new: str, error: str) -> None:
    head, line, rows = good().text().partition("---\n")
    place = rows if old in ("oo", "oo.", "P") else head + line
    changed = good().text().replace(place, place.replace(old, new, 1))
    assert changed != good().text()
    with pytest.raises(LevelFileError) as raised:
        read_level(written(tmp_path, changed))
    assert error in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("width", "height", "error"), [(100, 30, "100 columns; 188 to 688"), (188, 20, "20 rows; 30 to 64")]
)
def test_sizes_have_limits(tmp_path: Path, width: int, height: int, error: str) -> None:
    file = written(tmp_path, arena("Playroom.Act1", (4, ABOVE), width=width, height=height).text())
    with pytest.raises(LevelFileError, match=error):
        read_level(file)


def test_a_missing_level_is_named(tmp_path: Path) -> None:
    with pytest.raises(LevelFileError, match=r"there is no Playroom.Act1.txt"):
        read_levels(tmp_path)


def test_too_many_objects_or_walls_are_refused(tmp_path: Path) -> None:
    rings = arena("rings", (4, ABOVE), *[(2, y, "o" * 90) for y in (2, 4, 6)])
    with pytest.raises(ValueError, match="rings has 271 objects; 256 are allowed"):
        write_levels([rings], tmp_path / "levels.c")
    walls = arena("walls", (4, ABOVE), (10, 5, "%." * 40))
    with pytest.raises(ValueError, match="walls has 40 breakable walls; 32 are allowed"):
        write_levels([walls], tmp_path / "levels.c")
