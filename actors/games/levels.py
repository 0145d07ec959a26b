"""Levels: a game and a start state, and how they are chosen by name."""

import difflib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, partial

from actors.games import contest_levels
from actors.games.games import WINDUP, actions_of, game_file, game_folder, game_folders, rom_file
from actors.portable.game_files import GameFileError, read_state, require_rules
from windup import barriers, generated
from windup.barriers import Barrier

_NAMED = 10
_LONGEST = 255
"""Characters of a name, as of a file's."""


@dataclass(frozen=True, order=True)
class Level:
    """A start state of a game, such as SonicTheHedgehog-Genesis-v0/GreenHillZone.Act1."""

    game: str
    state: str

    def __str__(self) -> str:
        return f"{self.game}/{self.state}"

    @property
    def zone(self) -> str:
        """The state's name up to the first dot, such as GreenHillZone; levels of one zone look alike."""
        return self.state.partition(".")[0]

    @property
    def barrier(self) -> Barrier | None:
        """The barrier that the level is about, if it is one of Windup's, which the native game alone has."""
        return barriers.barriers().get(self.state) if self.game == WINDUP else None

    @property
    def most_steps(self) -> int | None:
        """Steps of an episode, at most, whatever the settings are; None: the level has no such rule."""
        return barriers.MOST_STEPS if self.barrier else None

    @property
    def is_native_only(self) -> bool:
        """Whether no ROM has it."""
        return self.is_generated or self.barrier is not None

    @property
    def is_generated(self) -> bool:
        """Whether it is one of Windup's levels without end, which the native game alone has."""
        return self.game == WINDUP and generated.is_generated(self.state)


class LevelError(ValueError):
    """Levels that do not exist, do not go together, or lack their ROM: one line that says what to do."""


def _windup_levels(split: str) -> tuple[Level, ...]:
    manifest = game_file(WINDUP, "levels.json")
    levels = json.loads(manifest.read_text())["levels"] if manifest else []
    return tuple(Level(WINDUP, level["name"]) for level in levels if level["split"] == split)


SPLITS: dict[str, tuple[Level, ...]] = {
    "windup-train": _windup_levels("train"),
    "windup-validation": _windup_levels("validation"),
    **{
        f"windup-{split}": tuple(Level(WINDUP, b.name) for b in barriers.barriers().values() if b.split == split)
        for split in barriers.BARRIER_SPLITS
    },
    "contest-train": tuple(Level(*pair) for pair in contest_levels.TRAIN),
    "contest-validation": tuple(Level(*pair) for pair in contest_levels.VALIDATION),
}
"""Sets of levels that have a name."""


@cache
def known_levels() -> tuple[Level, ...]:
    """Every start state of every Genesis game that there is, by game and state.

    States whose name starts with _ are menus, which stable-retro does not list either.
    """
    states = [state for folder in game_folders() for state in folder.glob("[!_]*.state")]
    return tuple(sorted(Level(state.parent.name, state.name.removesuffix(".state")) for state in states))


def split_of(level: Level) -> str:
    """The name of the split that a level is in; "" for none."""
    if level.is_generated:
        return generated.SPLIT
    return next((name for name, levels in SPLITS.items() if level in levels), "")


@cache
def counted_as(name: str) -> str:
    """The name that the level of a name has in metrics. Generated ones, which may be thousands, go by their zones."""
    game, _, state = name.partition("/")
    level = Level(game, state)
    return f"{game}/{level.zone}" if level.is_generated else name


def select_levels(spec: str) -> list[Level]:
    """The levels that a text names: comma separated splits, games, zones, states, or patterns of these with *.

    A zone or state is GAME/ZONE or GAME/STATE, or its name alone where only one game has it. Generated levels are
    named by their split, windup-generated:N or windup-generated:N+SEED, or by the state; no pattern has them. Nor has
    one barriers, which are named by their splits or states. Capitals may be small letters, and the other way round.

    Raises:
        LevelError: something in it names no level, or the games differ in their number of actions.
    """
    chosen: dict[Level, None] = {}
    for word in spec.split(","):
        if len(word) > _LONGEST:
            raise LevelError(f"{word[:40]!r}... is longer than the name of any level")
        chosen.update(dict.fromkeys(_select(word.strip())))
    levels = list(chosen)
    actions = {len(actions_of(level.game)): level.game for level in levels}
    if len(actions) > 1:
        counts = ", ".join(f"{game} has {number}" for number, game in actions.items())
        raise LevelError(f"games with different numbers of actions cannot be trained on together: {counts}")
    return levels


def require_roms(levels: Iterable[Level]) -> None:
    """
    Raises:
        LevelError: a game has no ROM, with the two commands that mend it; or no ROM has such a level; or a file of a
            game, such as its scenario.json, cannot be used.
    """
    levels = list(levels)
    refuse_native_only(levels)
    missing = [game for game in dict.fromkeys(level.game for level in levels) if rom_file(game) is None]
    if missing:
        more = f" and {len(missing) - _NAMED} more games" if len(missing) > _NAMED else ""
        raise LevelError(
            f"no ROM of {', '.join(missing[:_NAMED])}{more} is imported; import ROMs that you own with"
            " `sonic-worlds import PATH_TO_YOUR_ROMS`, then see with `sonic-worlds levels` what is there"
        )
    try:
        for game in dict.fromkeys(level.game for level in levels):
            require_rules(partial(game_file, game), game_folder(game))
        for level in levels:
            state = game_file(level.game, f"{level.state}.state")
            if state:
                read_state(state)
    except GameFileError as error:
        raise LevelError(str(error)) from error


def refuse_native_only(levels: Iterable[Level]) -> None:
    """
    Raises:
        LevelError: the native game alone has one of these.
    """
    state = next((level.state for level in levels if level.is_native_only), None)
    if state:
        raise LevelError(f"{state} is in no ROM: train, evaluate, watch and dream play it with --emulator native")


def _select(word: str) -> Iterable[Level]:
    split = _spelled(word, SPLITS)
    if split:
        return SPLITS[split]
    if not word:
        raise LevelError("a level is missing between or beside the commas")
    if "*" in word:
        names = [str(level) if "/" in word else level.game for level in known_levels()]
        fits = [fnmatchcase(name, word) for name in names]
        if not any(fits):
            fits = [fnmatchcase(name.lower(), word.lower()) for name in names]
        matches = [level for level, fit in zip(known_levels(), fits, strict=True) if fit]
        if not matches:
            raise LevelError(f"{word!r} matches no level{_near(word, [*dict.fromkeys(names)])}")
        return matches
    game, slash, place = word.partition("/")
    game = _spelled(game, _games()) or game
    of_windup = place if game == WINDUP else word
    if generated.is_generated(_spelled_generated(of_windup)):
        return _generated(_spelled_generated(of_windup))
    barrier = _spelled(of_windup, barriers.barriers())
    if barrier:
        return [Level(WINDUP, barrier)]
    if not slash:
        return _game(game) or _place(word)
    levels = _game(game)
    if not levels:
        raise LevelError(f"{game!r} is no game{_near(game, [*_games()])}")
    matches = _at(place, levels)
    if not matches:
        names = [name for level in levels for name in (level.state, level.zone)]
        raise LevelError(f"{game} has no state or zone {place!r}{_near(place, [*dict.fromkeys(names)])}")
    return matches


def _generated(name: str) -> list[Level]:
    """The levels of a split of generated ones, or one by its state."""
    try:
        if name.startswith(generated.SPLIT):
            return [Level(WINDUP, state) for state in generated.split_names(name)]
        # Nothing is made before a level is played; this only looks at the name.
        generated.candidates(name)
    except generated.GeneratedError as error:
        raise LevelError(str(error)) from error
    return [Level(WINDUP, name)]


def _games() -> Iterable[str]:
    return dict.fromkeys(level.game for level in known_levels())


def _game(name: str) -> list[Level]:
    levels = [level for level in known_levels() if level.game == name]
    folder = None if levels else game_folder(name)
    if folder:
        raise LevelError(f"{folder} has no start state: a level of a game is a file NAME.state in its folder")
    return levels


def _place(name: str) -> list[Level]:
    """The levels of a zone, or a state, given without its game."""
    matches = _at(name, known_levels())
    games = [*dict.fromkeys(level.game for level in matches)]
    if not games:
        places = (name for level in known_levels() for name in (level.zone, level.state))
        names = [*_games(), *SPLITS, *dict.fromkeys(places), *barriers.barriers()]
        raise LevelError(f"{name!r} is no split, game, zone or state{_near(name, names)}")
    if len(games) > 1:
        raise LevelError(f"{name!r} is in {len(games)} games; say which, as in {games[0]}/{name}")
    return matches


def _at(place: str, levels: Iterable[Level]) -> list[Level]:
    """Levels of a zone, or whose state has this name."""
    exact = [level for level in levels if place in (level.state, level.zone)]
    small = place.lower()
    return exact or [level for level in levels if small in (level.state.lower(), level.zone.lower())]


def _spelled(word: str, names: Iterable[str]) -> str | None:
    """The name that a word is, written as it is; None if it is none, or several by other capitals."""
    names = list(names)
    if word in names:
        return word
    matches = [name for name in names if name.lower() == word.lower()]
    return matches[0] if len(matches) == 1 else None


def _spelled_generated(word: str) -> str:
    """What names generated levels, written as they are; anything else as it is."""
    small = word.lower()
    if small.startswith(generated.SPLIT):
        return small
    parts = re.fullmatch(r"(generated[a-z]+)\.seed(\d+)\.level(\d+)", small, re.ASCII)
    # So many that each zone is among them.
    zones = {Level(WINDUP, name).zone for name in generated.generated_names(20)} if parts else ()
    zone = _spelled(parts[1], zones) if parts else None
    return f"{zone}.Seed{parts[2]}.Level{parts[3]}" if parts and zone else word


def _near(word: str, names: list[str]) -> str:
    written = {name.lower(): name for name in names}
    close = [written[small] for small in difflib.get_close_matches(word.lower(), written, n=3, cutoff=0.5)]
    return f"; do you mean {' or '.join(close)}?" if close else "; `sonic-worlds levels` lists what there is"
