"""The free game: sources, levels, tools, the integration for stable-retro, and the game compiled for this machine.

`import windup` registers Windup-v0 with gymnasium (`windup.environment`).
"""

from importlib.util import find_spec

from windup.game import EPISODE_STEPS

# The build of the native game runs code of this package where only numpy is installed.
if find_spec("gymnasium"):
    from gymnasium.envs.registration import register

    register(
        id="Windup-v0",
        entry_point="windup.environment:WindupEnv",
        vector_entry_point="windup.environment:WindupVectorEnv",
        max_episode_steps=EPISODE_STEPS,
    )
