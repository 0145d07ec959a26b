"""The games of `benchmarks.peers.game` without emulators: with equal frames, rewards and ends, stepped together."""

import gymnasium
from gymnasium.vector import AutoresetMode, VectorEnv

import windup  # noqa: F401 (registers Windup-v0)
from benchmarks.peers.game import EMULATORS, FRAME_SKIP, MAX_STEPS, SIZE, STATE, STICKY_PROBABILITY


def make() -> VectorEnv:
    """Makes as many games as there are emulators, on that level. Rewards are not scaled."""
    return gymnasium.make_vec(
        "Windup-v0",
        num_envs=EMULATORS,
        levels=STATE,
        size=SIZE,
        frame_skip=FRAME_SKIP,
        sticky=STICKY_PROBABILITY,
        max_episode_steps=MAX_STEPS,
        autoreset_mode=AutoresetMode.SAME_STEP,
    )
