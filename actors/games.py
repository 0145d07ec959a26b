"""Games: their buttons, their actions, and whether their ROM is here."""

import stable_retro

BUTTONS = ("B", "A", "MODE", "START", "UP", "DOWN", "LEFT", "RIGHT", "C", "Y", "X", "Z")
"""The Mega Drive's buttons, in the order of stable-retro's button masks."""

Actions = tuple[tuple[str, ...], ...]
"""The buttons held by each discrete action; action 0 holds none."""

SONIC_ACTIONS: Actions = (
    (),
    ("LEFT",),
    ("RIGHT",),
    ("LEFT", "DOWN"),
    ("RIGHT", "DOWN"),
    ("DOWN",),
    ("DOWN", "B"),
    ("LEFT", "B"),
    ("RIGHT", "B"),
    ("B",),
)
"""Those of the 2018 entry."""

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


def rom_present(game: str) -> bool:
    """Whether stable-retro has the game's ROM."""
    try:
        stable_retro.data.get_romfile_path(game, stable_retro.data.Integrations.STABLE)
    except FileNotFoundError:
        return False
    return True
