"""Games: their files, their buttons and their actions."""

import hashlib
from collections.abc import Iterator
from functools import cache
from itertools import chain, product
from pathlib import Path

import stable_retro

from actors.games.own_games import own_folders
from actors.portable.game_files import read_actions
from windup.game import ACTIONS, GAME, INTEGRATIONS

PLATFORM = "-Genesis-v0"
WINDUP = GAME
"""The free game of this project."""

_INTEGRATIONS = stable_retro.data.Integrations.CUSTOM
_FOLDERS = (INTEGRATIONS, *own_folders())
for _folder in _FOLDERS:
    stable_retro.data.Integrations.add_custom_path(str(_folder))

Actions = tuple[tuple[str, ...], ...]
"""The buttons held by each discrete action; action 0 holds none."""

SONIC_ACTIONS: Actions = ACTIONS
"""Actions of the 2018 contest entry; Windup's are the same ones."""

_OWN_ACTIONS: dict[str, Actions] = {
    # A ship that moves in four directions and fires.
    "Airstriker-Genesis-v0": (
        (),
        ("LEFT",),
        ("RIGHT",),
        ("UP",),
        ("DOWN",),
        ("B",),
        ("LEFT", "B"),
        ("RIGHT", "B"),
        ("UP", "B"),
        ("DOWN", "B"),
    ),
}


def actions_of(game: str) -> Actions:
    """Returns a game's actions: those of our games, or of its scenario.json; else those of Sonic."""
    return _OWN_ACTIONS.get(game) or _scenario_actions(game) or SONIC_ACTIONS


@cache
def _scenario_actions(game: str) -> Actions | None:
    """Returns no button, then every combination of one set of buttons from each group, as in stable-retro."""
    scenario = game_file(game, "scenario.json")
    groups = read_actions(scenario) if scenario else None
    if not groups:
        return None
    choices = (tuple(dict.fromkeys(chain.from_iterable(chosen))) for chosen in product(*groups))
    return tuple(dict.fromkeys([(), *choices]))


def library_folder() -> Path:
    """Returns the folder of stable-retro's games, in which users may have put more."""
    return Path(stable_retro.data.path()) / "stable"


def game_folders() -> Iterator[Path]:
    """Yields the folder of every known Genesis game: ours, the user's own, and those that stable-retro ships."""
    for folder in (*_FOLDERS, library_folder()):
        yield from sorted(folder.glob(f"*{PLATFORM}"))


def game_folder(game: str) -> Path | None:
    """Returns the folder of a Genesis game; None if there is none."""
    return next((folder for folder in game_folders() if folder.name == game), None)


def look_first_in(folder: Path) -> None:
    """Looks for games in this folder first, from now on; `game_folders` does not list it."""
    stable_retro.data.Integrations.CUSTOM_PATHS.insert(0, str(folder))


def game_file(game: str, name: str) -> Path | None:
    """Returns a file of the game; None if it has none of that name."""
    path = stable_retro.data.get_file_path(game, name, _INTEGRATIONS)
    return Path(path) if path else None


def rom_file(game: str) -> Path | None:
    """Returns the file of the game's ROM; None if it is not imported."""
    try:
        return Path(stable_retro.data.get_romfile_path(game, _INTEGRATIONS))
    except FileNotFoundError:
        return None


def rom_sha1(game: str) -> str | None:
    """Returns the SHA-1 of the game's ROM, in hexadecimal; None if it is not imported."""
    rom = rom_file(game)
    return hashlib.sha1(rom.read_bytes()).hexdigest() if rom else None
