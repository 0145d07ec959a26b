"""The game's name, its folder for stable-retro, its buttons and its actions."""

from pathlib import Path

GAME = "Windup-Genesis-v0"
INTEGRATIONS = Path(__file__).parent / "integration"
"""Folder of integrations for stable-retro, with a folder for each game: this one only."""

EPISODE_STEPS = 4500
"""Steps after which an episode is cut: the Retro Contest's 18,000 frames."""

BUTTONS = ("B", "A", "MODE", "START", "UP", "DOWN", "LEFT", "RIGHT", "C", "Y", "X", "Z")
"""The Mega Drive's buttons, in the order of stable-retro's button masks."""

ACTIONS: tuple[tuple[str, ...], ...] = (
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
"""The buttons held by each discrete action, as the 2018 entry had them for the Sonic games; action 0 holds none."""
