"""Any of our agents as one of the contest's: a trained one, a random one, one that holds RIGHT."""

from typing import NoReturn

import numpy as np

from actors.agents.simple import Agent
from actors.contest_agents.console import held_buttons
from actors.emulation.screen import resize_screen
from actors.games.games import actions_of
from actors.gym_remote.client import RemoteEnv


def play(env: RemoteEnv, agent: Agent, game: str, observation_size: int, rng: np.random.Generator) -> NoReturn:
    """Plays episode after episode. It learns nothing.

    Args:
        game: whose actions the agent has.
        observation_size: side of the frames that it sees.

    Raises:
        NoConsoleError: the environment is none of a console's.
        GymRemoteError: the end.
    """
    held = held_buttons(env, actions_of(game))
    frames = np.empty((1, observation_size, observation_size, 3), np.uint8)
    while True:
        screen = env.reset()
        memory = agent.begin(game, rng)
        over = False
        while not over:
            resize_screen(screen, frames[0])
            (action,) = agent.act([memory], frames)
            screen, _, over, _ = env.step(held[action])
