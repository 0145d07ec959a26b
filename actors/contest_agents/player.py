"""Plays any of our agents (trained, random, or one that holds RIGHT) as an agent of the Retro Contest."""

from typing import NoReturn

import numpy as np

from actors.agents.simple import Agent
from actors.contest_agents.console import held_buttons
from actors.emulation.screen import resize_screen
from actors.games.games import actions_of
from actors.gym_remote.client import RemoteEnv


def play(env: RemoteEnv, agent: Agent, game: str, observation_size: int, rng: np.random.Generator) -> NoReturn:
    """Plays episode after episode; the agent learns nothing.

    Args:
        game: name of the game whose actions the agent has.
        observation_size: side of the agent's frames, in pixels.

    Raises:
        NoConsoleError: the environment is not one of the Mega Drive.
        GymRemoteError: the server ends the contest.
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
