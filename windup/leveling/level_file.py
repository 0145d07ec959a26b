"""Level files: text, one character for each block of 16x16 pixels. README.md has the legend."""

from dataclasses import dataclass
from pathlib import Path

LEVELS = Path(__file__).parents[1] / "levels"
ZONES = {"Playroom": 9, "BlockCity": 9, "TrainYard": 9, "Clockwork": 9, "Garden": 9, "Bathtub": 9, "Attic": 4}
"""Acts of each zone, in the order of the zones' and levels' numbers."""
SPLITS = ("train", "validation")
BARRIERS = ("switch", "spring", "run-up")

TERRAIN = ".#/\\1234-^%><ABCD"
"""The characters of the blocks, in the order of `enum block` in src/level.h."""
OBJECTS = "osSlrwfhmvxtT"
START, GOAL, SWITCHES, GATES = "P", "!", "abcd", "ABCD"
MIN_WIDTH, MAX_WIDTH, MIN_HEIGHT, MAX_HEIGHT = 188, 688, 30, 64

_KEYS = ("name", "zone", "act", "split", "made", "barriers")


class LevelFileError(ValueError):
    """A level file breaks a rule; the message is one line with file, line and column."""


@dataclass(frozen=True)
class LevelFile:
    """The content of a level file.

    Attributes:
        rows: rows of characters, of equal length, from the top.
    """

    name: str
    zone: str
    act: int
    split: str
    made: str
    barriers: tuple[str, ...]
    rows: tuple[str, ...]

    @property
    def width(self) -> int:
        return len(self.rows[0])

    @property
    def height(self) -> int:
        return len(self.rows)

    def find(self, characters: str) -> list[tuple[int, int, str]]:
        """Returns (column, row, character) of each of these characters, by column and then row."""
        places = [(x, y, c) for y, row in enumerate(self.rows) for x, c in enumerate(row) if c in characters]
        return sorted(places)

    def text(self) -> str:
        """Returns the file's content."""
        barriers = ", ".join(self.barriers) or "none"
        values = (self.name, self.zone, str(self.act), self.split, self.made, barriers)
        head = [f"{key}: {value}" for key, value in zip(_KEYS, values, strict=True)]
        return "\n".join([*head, "---", *self.rows, ""])


def read_level(path: Path, small: bool = False) -> LevelFile:
    """Reads a level file.

    Args:
        small: allow sizes below the least, for tests.

    Raises:
        LevelFileError: the file breaks a rule; the message has the place and what is allowed there.
    """
    lines = path.read_text().splitlines()
    if "---" not in lines:
        raise LevelFileError(f"{path.name}: no line `---` between header and blocks")
    end = lines.index("---")
    head = dict(line.partition(":")[::2] for line in lines[:end])
    if tuple(head) != _KEYS:
        raise LevelFileError(f"{path.name}:1: the header must have the keys {', '.join(_KEYS)}, in this order")
    name, zone, act, split, made, barriers = (head[key].strip() for key in _KEYS)
    if zone not in ZONES:
        raise LevelFileError(f"{path.name}:2: zone {zone!r}; there are {', '.join(ZONES)}")
    if not act.isdecimal() or not 1 <= int(act) <= ZONES[zone]:
        raise LevelFileError(f"{path.name}:3: act {act!r}; {zone} has 1 to {ZONES[zone]}")
    if name != f"{zone}.Act{act}":
        raise LevelFileError(f"{path.name}:1: name {name!r}; it must be {zone}.Act{act}")
    if split not in SPLITS:
        raise LevelFileError(f"{path.name}:4: split {split!r}; there are {', '.join(SPLITS)}")
    kinds = () if barriers == "none" else tuple(kind.strip() for kind in barriers.split(","))
    for kind in kinds:
        if kind not in BARRIERS:
            raise LevelFileError(f"{path.name}:6: barrier {kind!r}; there are none, {', '.join(BARRIERS)}")
    level = LevelFile(name, zone, int(act), split, made, kinds, tuple(lines[end + 1 :]))
    _check_rows(path.name, level, end + 2, small)
    return level


def read_levels(folder: Path = LEVELS) -> list[LevelFile]:
    """Reads all levels, in the order of their numbers.

    Raises:
        LevelFileError: one is wrong or missing.
    """
    names = [f"{zone}.Act{act}" for zone, acts in ZONES.items() for act in range(1, acts + 1)]
    missing = [name for name in names if not (folder / f"{name}.txt").is_file()]
    if missing:
        raise LevelFileError(f"{folder}: there is no {missing[0]}.txt")
    return [read_level(folder / f"{name}.txt") for name in names]


def _check_rows(file: str, level: LevelFile, first_line: int, small: bool) -> None:
    if not small and not MIN_HEIGHT <= level.height <= MAX_HEIGHT:
        raise LevelFileError(f"{file}: {level.height} rows; {MIN_HEIGHT} to {MAX_HEIGHT} are allowed")
    if not small and not MIN_WIDTH <= level.width <= MAX_WIDTH:
        raise LevelFileError(f"{file}: {level.width} columns; {MIN_WIDTH} to {MAX_WIDTH} are allowed")
    known = set(TERRAIN + OBJECTS + START + GOAL + SWITCHES)
    for y, row in enumerate(level.rows):
        if len(row) != level.width:
            raise LevelFileError(f"{file}:{first_line + y}: {len(row)} columns, the first row has {level.width}")
        for x, character in enumerate(row):
            if character not in known:
                raise LevelFileError(f"{file}:{first_line + y}:{x + 1}: {character!r} is no block or object")
    for character, what in ((START, "start"), (GOAL, "goal")):
        if len(level.find(character)) != 1:
            raise LevelFileError(f"{file}: {len(level.find(character))} times {character!r}; one {what} is needed")
    if level.find(START)[0][0] >= level.find(GOAL)[0][0]:
        raise LevelFileError(f"{file}: the goal must be right of the start")
    for switch, gate in zip(SWITCHES, GATES, strict=True):
        if bool(level.find(switch)) != bool(level.find(gate)):
            raise LevelFileError(f"{file}: switch {switch!r} and gate {gate!r} go together")
