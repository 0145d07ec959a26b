"""Ten training levels for choices between variants, so that validation levels stay unseen until the final table."""

from actors.games.levels import SPLITS, Level

SPLIT = "train-holdout"
"""Name of the ten levels in study files."""

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
    """Returns the ten levels, on which a study with the hold-out evaluates."""
    return [level for level in SPLITS["windup-train"] if level.state in _HELD_OUT]


def trained_on() -> list[Level]:
    """Returns the other 37 levels, on which such a study trains."""
    return [level for level in SPLITS["windup-train"] if level.state not in _HELD_OUT]


def in_words(levels: list[Level]) -> str:
    """Returns levels as a value of `--levels`."""
    return ",".join(map(str, levels))
