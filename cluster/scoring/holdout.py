"""Ten training levels that choices are made on, so that validation levels are left for the final table."""

from actors.games.levels import SPLITS, Level

SPLIT = "train-holdout"
"""The name of the ten in study files."""

_HELD_OUT = (
    # Two of each zone but for Clockwork and Garden; five have barriers, of every kind, and five have none.
    "Playroom.Act2",
    "Playroom.Act6",
    "BlockCity.Act4",
    "BlockCity.Act8",
    "TrainYard.Act5",
    "TrainYard.Act7",
    "Clockwork.Act9",
    "Garden.Act4",
    "Bathtub.Act1",
    "Bathtub.Act6",
)


def held_out() -> list[Level]:
    """The ten, which a study that chooses on them evaluates on."""
    return [level for level in SPLITS["windup-train"] if level.state in _HELD_OUT]


def trained_on() -> list[Level]:
    """The other 37, which it trains on."""
    return [level for level in SPLITS["windup-train"] if level.state not in _HELD_OUT]


def in_words(levels: list[Level]) -> str:
    """Levels in words that `--levels` takes."""
    return ",".join(map(str, levels))
