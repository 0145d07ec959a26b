"""Levels: a game and a start state."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Level:
    """A start state of a game, such as SonicTheHedgehog-Genesis-v0/GreenHillZone.Act1."""

    game: str
    state: str

    def __str__(self) -> str:
        return f"{self.game}/{self.state}"


def select_levels(spec: str) -> list[Level]:
    return [Level("Airstriker-Genesis-v0", "Level1")]


def require_roms(levels: list[Level]) -> None:
    return


class LevelError(ValueError):
    pass
