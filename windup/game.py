"""What the game is called, where stable-retro finds it, and what its pad can do."""

from pathlib import Path

GAME = "Windup-Genesis-v0"
INTEGRATIONS = Path(__file__).parent / "integration"
"""The folder that stable-retro is told of: a folder in it for each game, which is this one."""

EPISODE_STEPS = 4500
"""After which an episode is cut: the Retro Contest's 18,000 frames."""

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
