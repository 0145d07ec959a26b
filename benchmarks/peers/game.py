"""The game for the peers: stable-retro's own environment behind gymnasium's interface.

It runs in the peers' environments, which have stable-retro, gymnasium, numpy and cv2, and not our other dependencies.
"""

from typing import Any

import cv2
import gymnasium
import numpy as np
import stable_retro
from gymnasium.spaces import Box, Discrete

from actors.emulation.screen import resize_screen
from actors.games.games import SONIC_ACTIONS, WINDUP
from windup.game import BUTTONS

STATE = "TrainYard.Act4"
EMULATORS = 24
SIZE = 64
FRAME_SKIP, STICKY_PROBABILITY, MAX_STEPS = 4, 0.25, 4500
REWARD_SCALE = 0.01


class Game(gymnasium.Env[np.ndarray, np.int64]):
    """One level of Windup as in our runs: sticky 4-frame steps, uint8 [64, 64, 3] frames, our ten actions.

    Each frame is stable-retro's own `step`. Its scenario is the one without a script, which is the faster one. The
    reward is the game's, times 0.01.
    """

    observation_space = Box(0, 255, (SIZE, SIZE, 3), np.uint8)
    action_space = Discrete(len(SONIC_ACTIONS))

    def __init__(self) -> None:
        cv2.setNumThreads(1)
        self._game = stable_retro.make(
            WINDUP,
            STATE,
            inttype=stable_retro.data.Integrations.CUSTOM,
            # Ours are valid as they are: nothing to filter.
            use_restricted_actions=stable_retro.Actions.ALL,
            render_mode="rgb_array",
        )
        self._masks = [np.array([button in held for button in BUTTONS], np.uint8) for held in SONIC_ACTIONS]
        self._action, self._steps = -1, 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict]:
        super().reset(seed=seed)
        screen, _ = self._game.reset()
        self._action, self._steps = -1, 0
        return self._observe(screen), {}

    def step(self, action: np.int64) -> tuple[np.ndarray, float, bool, bool, dict]:
        sticky = self._action >= 0 and self.np_random.random() < STICKY_PROBABILITY
        reward, terminated = 0.0, False
        for frame in range(FRAME_SKIP):
            held = self._action if frame == 0 and sticky else action
            screen, gained, terminated, _, _ = self._game.step(self._masks[held])
            reward += gained
            if terminated:
                break
        self._action = int(action)
        self._steps += 1
        return self._observe(screen), REWARD_SCALE * reward, terminated, self._steps >= MAX_STEPS, {}

    def close(self) -> None:
        self._game.close()

    def _observe(self, screen: np.ndarray) -> np.ndarray:
        frame = np.empty((SIZE, SIZE, 3), np.uint8)
        resize_screen(screen, frame)
        return frame
