"""python -m benchmarks.peers.sb3_native SECONDS: steps a second of Stable-Baselines3's PPO on the native game.

Settings, level and number of games are those of `benchmarks.peers.sb3`, and so are frames, rewards and ends.
"""

import sys
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv

from benchmarks.peers.game import REWARD_SCALE
from benchmarks.peers.native_game import make
from benchmarks.peers.sb3 import train
from benchmarks.peers.together import Together


class VectorGames(Together):
    """A gymnasium vector environment in SAME_STEP mode, as Stable-Baselines3's own kind: it takes no other."""

    def __init__(self, games: VectorEnv, reward_scale: float) -> None:
        assert games.metadata["autoreset_mode"] is AutoresetMode.SAME_STEP
        self._games, self._reward_scale = games, reward_scale
        super().__init__(games.num_envs, games.single_observation_space, games.single_action_space)

    def reset(self) -> np.ndarray:
        observations, _ = self._games.reset(seed=self._seeds[0])
        self._reset_seeds()
        return observations

    def step_async(self, actions: np.ndarray) -> None:
        self._actions = actions

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        observations, rewards, terminated, truncated, info = self._games.step(self._actions)
        over = terminated | truncated
        infos: list[dict[str, Any]] = [{} for _ in over]
        for i in np.flatnonzero(over):
            cut = bool(truncated[i] and not terminated[i])
            infos[i] = {"terminal_observation": info["final_obs"][i], "TimeLimit.truncated": cut}
        return observations, (self._reward_scale * rewards).astype(np.float32), over, infos

    def close(self) -> None:
        self._games.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        return [getattr(self._games, attr_name) for _ in self._get_indices(indices)]


if __name__ == "__main__":
    train(VectorGames(make(), REWARD_SCALE), float(sys.argv[1]))
