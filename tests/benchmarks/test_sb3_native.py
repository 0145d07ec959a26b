"""Stable-Baselines3 gets from its adapter what its own DummyVecEnv gives it of as many single games."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-peers/sb3/bin/python"

PLAY = """
import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from stable_baselines3.common.vec_env import DummyVecEnv

from benchmarks.peers.sb3_native import VectorGames

arguments = {"levels": "Attic.Act3,Attic.Act4", "obs": "state", "max_episode_steps": 100}
games = gymnasium.make_vec("Windup-v0", 4, autoreset_mode=AutoresetMode.SAME_STEP, **arguments)
together = VectorGames(games, reward_scale=0.5)
alone = DummyVecEnv([lambda: gymnasium.make("Windup-v0", **arguments)] * 4)
together.seed(3), alone.seed(3)
np.testing.assert_array_equal(together.reset(), alone.reset())
rng = np.random.default_rng(0)
ends = []
for _ in range(500):
    actions = rng.choice([2, 8, 8, 0], 4)
    seen, rewards, over, infos = together.step(actions)
    others = alone.step(actions)
    np.testing.assert_array_equal(seen, others[0])
    np.testing.assert_array_equal(rewards, 0.5 * others[1])
    np.testing.assert_array_equal(over, others[2])
    for i in np.flatnonzero(over):
        ends.append(infos[i]["TimeLimit.truncated"])
        assert ends[-1] == others[3][i]["TimeLimit.truncated"]
        np.testing.assert_array_equal(infos[i]["terminal_observation"], others[3][i]["terminal_observation"])
assert 3 < sum(ends) < len(ends) - 3, ends
"""


@pytest.mark.skipif(not PYTHON.exists(), reason="Stable-Baselines3's environment is not installed: make peers")
def test_the_adapter_gives_what_single_games_give() -> None:
    subprocess.run([PYTHON, "-c", PLAY], cwd=ROOT, check=True)
