"""Requirements on an environment: the console's twelve buttons as actions, and its screen as observation."""

import numpy as np

from actors.games.games import Actions
from actors.gym_remote.channels import ArrayChannel, Channel, FoldChannel
from actors.gym_remote.client import RemoteEnv
from windup.game import BUTTONS


class NoConsoleError(RuntimeError):
    """The environment is not one of the Mega Drive."""


def held_buttons(env: RemoteEnv, actions: Actions) -> list[np.ndarray]:
    """Returns the environment's action, uint8 [12], for each action of the agent.

    Raises:
        NoConsoleError: the environment has other actions, or its observation is no screen.
    """
    ac, ob = env.channels["ac"], env.channels["ob"]
    if not isinstance(ac, FoldChannel) or ac.folds != [2] * len(BUTTONS):
        raise NoConsoleError(f"the environment takes {_described(ac)} where {len(BUTTONS)} buttons are expected")
    if not isinstance(ob, ArrayChannel) or ob.dtype != np.uint8 or len(ob.shape) != 3 or ob.shape[2] != 3:
        raise NoConsoleError(f"the environment shows {_described(ob)} where a screen is expected")
    return [np.array([button in held for button in BUTTONS], np.uint8) for held in actions]


def _described(channel: Channel) -> str:
    return f"{channel.kind} {channel.shape_text() or ''}".strip()
