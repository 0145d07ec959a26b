"""python -m benchmarks.peers.rllib SECONDS: steps a second of RLlib's PPO from pixels, on its new API stack.

The settings are those of RLlib's own PPO example for Atari (rllib/examples/algorithms/ppo/atari_ppo.py), but for the
frames: one in colour, not a stack of four.
"""

import os
import secrets
import sys
from typing import Any

import gymnasium
import ray
import torch
from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.core.rl_module.default_model_config import DefaultModelConfig
from ray.rllib.env.wrappers.atari_wrappers import NormalizedImageEnv
from ray.rllib.utils.metrics import NUM_ENV_STEPS_SAMPLED_LIFETIME
from ray.tune.registry import register_env

from benchmarks.peers.game import EMULATORS, Game
from benchmarks.peers.steady_state import SteadyState

RUNNERS = 2
THREADS = 2


def config() -> PPOConfig:
    register_env("game", _make)
    return (
        PPOConfig()
        .environment("game")
        .env_runners(
            num_env_runners=RUNNERS,
            num_envs_per_env_runner=EMULATORS // RUNNERS,
            # A process can hold one emulator only.
            gym_env_vectorize_mode=gymnasium.VectorizeMode.ASYNC,
        )
        .learners(num_learners=0)
        .training(
            train_batch_size_per_learner=4000,
            minibatch_size=128,
            lambda_=0.95,
            kl_coeff=0.5,
            clip_param=0.1,
            vf_clip_param=10.0,
            entropy_coeff=0.01,
            num_epochs=10,
            lr=0.00015,
            grad_clip=100.0,
            grad_clip_by="global_norm",
        )
        .rl_module(
            model_config=DefaultModelConfig(
                conv_filters=[[16, 4, 2], [32, 4, 2], [64, 4, 2], [128, 4, 2]],
                conv_activation="relu",
                head_fcnet_hiddens=[256],
                vf_share_layers=True,
            )
        )
    )


def _make(context: Any) -> gymnasium.Env:
    return NormalizedImageEnv(Game())


def main(seconds: float) -> None:
    # Otherwise Ray would write a token into the home folder.
    os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)
    ray.init(num_cpus=RUNNERS + 1, include_dashboard=False, log_to_driver=False)
    torch.set_num_threads(THREADS)
    steady = SteadyState(seconds)
    algorithm = config().build_algo()
    while not steady.iteration_ended(int(algorithm.train()["env_runners"][NUM_ENV_STEPS_SAMPLED_LIFETIME])):
        pass
    algorithm.stop()
    ray.shutdown()
    steady.show()


if __name__ == "__main__":
    main(float(sys.argv[1]))
