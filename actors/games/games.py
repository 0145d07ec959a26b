"""Games: their files, their buttons and their actions."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import stable_retro

from windup.game import ACTIONS, GAME, INTEGRATIONS

PLATFORM = "-Genesis-v0"
WINDUP = GAME
"""The free game of this project."""

_INTEGRATIONS = stable_retro.data.Integrations.CUSTOM
stable_retro.data.Integrations.add_custom_path(str(INTEGRATIONS))

Actions = tuple[tuple[str, ...], ...]
"""The buttons held by each discrete action; action 0 holds none."""

SONIC_ACTIONS: Actions = ACTIONS
"""Those of the 2018 entry, which Windup has, too."""

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
    """A game's own actions, or those of Sonic."""
    return _OWN_ACTIONS.get(game, SONIC_ACTIONS)


def library_folder() -> Path:
    """stable-retro's games, and those that users put beside them."""
    return Path(stable_retro.data.path()) / "stable"


def game_folders() -> Iterator[Path]:
    """The folder of every Genesis game that there is: ours and those that stable-retro ships."""
    for folder in (INTEGRATIONS, library_folder()):
        yield from sorted(folder.glob(f"*{PLATFORM}"))


def game_folder(game: str) -> Path | None:
    """The folder of a Genesis game by name; None if there is none."""
    return next((folder for folder in game_folders() if folder.name == game), None)


def look_first_in(folder: Path) -> None:
    """From now on a game in this folder comes before one of the same name elsewhere; `game_folders` lists it not."""
    stable_retro.data.Integrations.CUSTOM_PATHS.insert(0, str(folder))


def game_file(game: str, name: str) -> Path | None:
    """A file of the game by name; None if it has none of that name."""
    path = stable_retro.data.get_file_path(game, name, _INTEGRATIONS)
    return Path(path) if path else None


def rom_file(game: str) -> Path | None:
    """The game's ROM; None if it is not imported."""
    try:
        return Path(stable_retro.data.get_romfile_path(game, _INTEGRATIONS))
    except FileNotFoundError:
        return None


def rom_sha1(game: str) -> str | None:
    """Of the game's ROM, in hexadecimal; None if it is not imported."""
    rom = rom_file(game)
    return hashlib.sha1(rom.read_bytes()).hexdigest() if rom else None
