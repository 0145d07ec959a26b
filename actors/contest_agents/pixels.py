"""A remote environment as gymnasium's, for agents that learn from pixels: small, gray, four frames deep."""

from typing import Any

import cv2
import gymnasium
import numpy as np

from actors.contest_agents.console import held_buttons
from actors.gym_remote.client import RemoteEnv

SIDE = 84
DEPTH = 4
REWARD_SCALE = 0.01
ACTIONS = (("LEFT",), ("RIGHT",), ("LEFT", "DOWN"), ("RIGHT", "DOWN"), ("DOWN",), ("DOWN", "B"), ("B",))
"""Actions of the Retro Contest's PPO baseline (arXiv 1804.03720); the sizes and the scale above are its, too."""


class RemotePixels(gymnasium.Env[np.ndarray, np.int64]):
    """Observations are uint8 [84, 84, 4], the newest frame last. Rewards are a hundredth of the game's."""

    observation_space = gymnasium.spaces.Box(0, 255, (SIDE, SIDE, DEPTH), np.uint8)
    action_space = gymnasium.spaces.Discrete(len(ACTIONS))

    def __init__(self, env: RemoteEnv) -> None:
        """
        Raises:
            NoConsoleError: the environment is not one of the Mega Drive.
        """
        self._env = env
        self._held = held_buttons(env, ACTIONS)
        self._frames = np.zeros((SIDE, SIDE, DEPTH), np.uint8)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begins an episode. The seed has no effect: the protocol has none."""
        super().reset(seed=seed)
        self._frames[:] = _small(self._env.reset())[..., None]
        return self._frames.copy(), {}

    def step(self, action: np.int64) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        screen, reward, over, _ = self._env.step(self._held[int(action)])
        self._frames[..., :-1] = self._frames[..., 1:].copy()
        self._frames[..., -1] = _small(screen)
        return self._frames.copy(), reward * REWARD_SCALE, over, False, {}


def _small(screen: np.ndarray) -> np.ndarray:
    """Resizes a screen to grey: uint8 [H, W, 3] -> [84, 84]."""
    return cv2.resize(cv2.cvtColor(screen, cv2.COLOR_RGB2GRAY), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
