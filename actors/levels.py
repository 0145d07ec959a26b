"""Levels: a game and a start state, and how they are chosen by name."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import stable_retro

from actors import contest_levels
from actors.games import actions_of, rom_present

_PLATFORM = "-Genesis-v0"
_NAMED = 10


@dataclass(frozen=True, order=True)
class Level:
    """A start state of a game, such as SonicTheHedgehog-Genesis-v0/GreenHillZone.Act1."""

    game: str
    state: str

    def __str__(self) -> str:
        return f"{self.game}/{self.state}"


class LevelError(ValueError):
    """Levels that do not exist, do not go together, or lack their ROM: one line that says what to do."""


SPLITS: dict[str, tuple[Level, ...]] = {
    "contest-train": tuple(Level(*pair) for pair in contest_levels.TRAIN),
    "contest-validation": tuple(Level(*pair) for pair in contest_levels.VALIDATION),
}
"""Sets of levels that have a name."""


@cache
def known_levels() -> tuple[Level, ...]:
    """Every start state that stable-retro has for a Genesis game, by game and state.

    States whose name starts with _ are menus, which stable-retro does not list either.
    """
    folder = Path(stable_retro.data.path()) / "stable"
    states = folder.glob(f"*{_PLATFORM}/[!_]*.state")
    return tuple(sorted(Level(state.parent.name, state.name.removesuffix(".state")) for state in states))


def split_of(level: Level) -> str:
    """The name of the split that a level is in; "" for none."""
    return next((name for name, levels in SPLITS.items() if level in levels), "")


def select_levels(spec: str) -> list[Level]:
    """The levels that a text names: comma separated splits, games, GAME/STATE, or patterns of these with *.

    Raises:
        LevelError: something in it names no level, or the games differ in their number of actions.
    """
    chosen: dict[Level, None] = {}
    for word in spec.split(","):
        chosen.update(dict.fromkeys(_select(word.strip())))
    levels = list(chosen)
    actions = {len(actions_of(level.game)): level.game for level in levels}
    if len(actions) > 1:
        told = ", ".join(f"{game} has {number}" for number, game in actions.items())
        raise LevelError(f"games with different numbers of actions cannot be trained on together: {told}")
    return levels


def require_roms(levels: Iterable[Level]) -> None:
    """
    Raises:
        LevelError: a game has no ROM, with the two commands that mend it.
    """
    missing = [game for game in dict.fromkeys(level.game for level in levels) if not rom_present(game)]
    if missing:
        more = f" and {len(missing) - _NAMED} more games" if len(missing) > _NAMED else ""
        raise LevelError(
            f"no ROM of {', '.join(missing[:_NAMED])}{more} is imported; import ROMs that you own with"
            " `sonic-worlds import PATH_TO_YOUR_ROMS`, then see with `sonic-worlds levels` what is there"
        )


def _select(word: str) -> Iterable[Level]:
    if word in SPLITS:
        return SPLITS[word]
    if not word:
        raise LevelError("a level is missing between or beside the commas")
    if "*" in word:
        found = [level for level in known_levels() if fnmatchcase(str(level) if "/" in word else level.game, word)]
        if not found:
            names = [str(level) if "/" in word else level.game for level in known_levels()]
            raise LevelError(f"{word!r} matches no level{_near(word, [*dict.fromkeys(names)])}")
        return found
    game, slash, state = word.partition("/")
    levels = [level for level in known_levels() if level.game == game]
    if not levels:
        names = [*dict.fromkeys(level.game for level in known_levels()), *SPLITS]
        raise LevelError(f"{game!r} is no game or split{_near(game, names)}")
    if not slash:
        return levels
    if Level(game, state) not in levels:
        raise LevelError(f"{game} has no state {state!r}{_near(state, [level.state for level in levels])}")
    return [Level(game, state)]


def _near(word: str, names: list[str]) -> str:
    close = difflib.get_close_matches(word, names, n=3, cutoff=0.5)
    return f"; do you mean {' or '.join(close)}?" if close else "; `sonic-worlds levels` lists what there is"
