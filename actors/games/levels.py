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
"""Most characters of a level's name: as many as a file's name may have."""


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
        """The barrier of Windup's barrier levels, which only the native game has; None for other levels."""
        return barriers.barriers().get(self.state) if self.game == WINDUP else None

    @property
    def most_steps(self) -> int | None:
        """The level's own limit of an episode's steps, beside that of the settings; None if it has none."""
        return barriers.MOST_STEPS if self.barrier else None

    @property
    def is_native_only(self) -> bool:
        """Whether only the native game has the level."""
        return self.is_generated or self.barrier is not None

    @property
    def is_generated(self) -> bool:
        """Whether it is one of Windup's generated levels, which only the native game has."""
        return self.game == WINDUP and generated.is_generated(self.state)


class LevelError(ValueError):
    """Levels do not exist, cannot be played in one run, or lack their ROM. The message is one line, with a remedy."""


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
"""Levels by the name of their split."""


@cache
def known_levels() -> tuple[Level, ...]:
    """Returns every start state of every known Genesis game, sorted by game and state.

    States whose name starts with _ are menus, which stable-retro does not list either.
    """
    states = [state for folder in game_folders() for state in folder.glob("[!_]*.state")]
    return tuple(sorted(Level(state.parent.name, state.name.removesuffix(".state")) for state in states))


def split_of(level: Level) -> str:
    """Returns the name of the level's split; "" if it is in none."""
    if level.is_generated:
        return generated.SPLIT
    return next((name for name, levels in SPLITS.items() if level in levels), "")


@cache
def counted_as(name: str) -> str:
    """Returns a level's name in metrics: that of its zone for generated levels, of which there may be thousands."""
    game, _, state = name.partition("/")
    level = Level(game, state)
    return f"{game}/{level.zone}" if level.is_generated else name


def select_levels(spec: str) -> list[Level]:
    """Returns the levels named by comma separated splits, games, zones, states, or patterns of these with *.

    A zone or state is GAME/ZONE or GAME/STATE, or its name alone where only one game has it. Generated levels are
    named by their split, windup-generated:N or windup-generated:N+SEED, or by the state; barriers by their splits or
    states. Patterns match neither. Case is ignored.

    Raises:
        LevelError: a name matches no level, or the games differ in their number of actions.
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
        LevelError: a game has no ROM (the message has the two commands that help), or no ROM has a level, or a file of
            a game, such as its scenario.json, cannot be used.
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
    """Checks that emulators have the levels.

    Raises:
        LevelError: only the native game has one of them.
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
    """Returns the levels of a split of generated levels, or the generated level of a state.

    Raises:
        LevelError: no generated levels have this name.
    """
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
    """Returns the levels of a zone, or the level of a state, named without the game."""
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
    """Returns the levels whose zone or state has this name."""
    exact = [level for level in levels if place in (level.state, level.zone)]
    small = place.lower()
    return exact or [level for level in levels if small in (level.state.lower(), level.zone.lower())]


def _spelled(word: str, names: Iterable[str]) -> str | None:
    """Returns the one name that a word equals when case is ignored; None if there is none, or several."""
    names = list(names)
    if word in names:
        return word
    matches = [name for name in names if name.lower() == word.lower()]
    return matches[0] if len(matches) == 1 else None


def _spelled_generated(word: str) -> str:
    """Returns the name of generated levels with its proper case; any other word unchanged."""
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
