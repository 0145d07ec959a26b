"""python -m benchmarks.peers.sb3 SECONDS: steps a second of Stable-Baselines3's PPO with SubprocVecEnv.

The settings are those of RL Baselines3 Zoo for Atari (hyperparams/ppo.yml), but for the frames: one in colour, not a
stack of four.
"""

import sys

import torch
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import SubprocVecEnv, VecEnv

from benchmarks.peers.game import EMULATORS, Game
from benchmarks.peers.steady_state import SteadyState

THREADS = 2
STEPS = 10_000_000
"""Steps of a whole training run, over which rate and clipping range fall; this one ends much earlier."""


class _Clock(BaseCallback):
    def __init__(self, steady: SteadyState) -> None:
        super().__init__()
        self._steady = steady
        self._over = False

    def _on_rollout_start(self) -> None:
        # The one before, and what was learned from it.
        if self.num_timesteps:
            self._over = self._steady.iteration_ended(self.num_timesteps)

    def _on_step(self) -> bool:
        return not self._over


def train(environments: VecEnv, seconds: float) -> None:
    torch.set_num_threads(THREADS)
    steady = SteadyState(seconds)
    model = PPO(
        "CnnPolicy",
        environments,
        learning_rate=lambda left: 2.5e-4 * left,
        n_steps=128,
        batch_size=256,
        n_epochs=4,
        clip_range=lambda left: 0.1 * left,
        ent_coef=0.01,
        vf_coef=0.5,
        device="cpu",
    )
    model.learn(STEPS, callback=_Clock(steady))
    environments.close()
    steady.show()


if __name__ == "__main__":
    train(SubprocVecEnv([Game] * EMULATORS), float(sys.argv[1]))
