"""PPO from pixels on one environment, as the Retro Contest's baseline: stock RLlib."""

from typing import Any, NoReturn

import gymnasium
import torch
from gymnasium.vector import SyncVectorEnv
from gymnasium.wrappers.vector import DictInfoToList
from ray.rllib.algorithms.algorithm_config import AlgorithmConfig
from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.core.rl_module.rl_module import RLModuleSpec
from ray.rllib.env.single_agent_env_runner import SingleAgentEnvRunner

from learners.finite_steps import FinitePPOLearner
from learners.pixel_network import PixelNetwork
from learners.policy import narrow_seed
from learners.serial_policy import SerialPolicy

_HORIZON = 4096
_LEAST_HORIZON = 128
_LEAST_UPDATES = 16
_MINIBATCHES = 8


def learn(env: gymnasium.Env, steps: int, seed: int) -> NoReturn:
    """Plays and learns until the environment raises an error, which is passed on.

    Args:
        env: observations uint8 [84, 84, 4], discrete actions. It is not closed.
        steps: number of steps that the environment allows.
        seed: of all random numbers.
    """
    torch.set_num_threads(1)
    policy = SerialPolicy(_config(env, horizon(steps), seed))
    while True:
        policy.iterate()


def horizon(steps: int) -> int:
    """Returns the steps between two updates: the baseline's 4096, halved until 16 updates fit, but 128 at least."""
    length = _HORIZON
    while length > _LEAST_HORIZON and length * _LEAST_UPDATES > steps:
        length //= 2
    return length


def _config(env: gymnasium.Env, length: int, seed: int) -> AlgorithmConfig:
    """Returns the configuration with the published hyperparameters of the contest's baseline (arXiv 1804.03720)."""
    config = PPOConfig()
    config.environment(env="one environment", env_config={"one": lambda: env}, disable_env_checking=True)
    config.env_runners(
        env_runner_cls=_Runner,
        num_env_runners=0,
        num_envs_per_env_runner=1,
        rollout_fragment_length=length,
        batch_mode="truncate_episodes",
    )
    config.learners(num_learners=0, learner_class=FinitePPOLearner)
    config.training(
        lr=2e-4,
        gamma=0.99,
        lambda_=0.95,
        entropy_coeff=0.01,
        clip_param=0.1,
        num_epochs=3,
        train_batch_size_per_learner=length,
        minibatch_size=length // _MINIBATCHES,
        vf_loss_coeff=0.5,
        # The baseline does not clip the value function's loss.
        vf_clip_param=float("inf"),
        use_kl_loss=False,
        grad_clip=0.5,
        grad_clip_by="global_norm",
    )
    config.rl_module(rl_module_spec=RLModuleSpec(module_class=PixelNetwork))
    config.debugging(seed=narrow_seed(seed), log_level="ERROR")
    return config


class _Runner(SingleAgentEnvRunner):
    """A runner that steps the one given environment."""

    def make_env(self) -> None:
        self.env = DictInfoToList(SyncVectorEnv([self.config.env_config["one"]]))
        self.num_envs = 1
        self._needs_initial_reset = True

    def _try_env_step(self, actions: Any) -> Any:
        # RLlib would log a traceback, but this is how a contest ends.
        return self.env.step(actions)
