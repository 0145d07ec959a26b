"""python -m benchmarks.peers.sample_factory_appo SECONDS: steps a second of Sample Factory's APPO.

The settings are those of its Atari example (sf_examples/atari/atari_params.py), but for the frames, one in colour and
not a stack of four, and for what makes it faster on few cores.
"""

import sys
import tempfile
from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box
from sample_factory.algo.runners.runner import AlgoObserver, Runner
from sample_factory.cfg.arguments import parse_full_cfg, parse_sf_args
from sample_factory.envs.env_utils import register_env
from sample_factory.train import make_runner
from sf_examples.atari.atari_params import atari_override_defaults

from benchmarks.peers.game import EMULATORS, SIZE, Game
from benchmarks.peers.steady_state import SteadyState


class _ChannelsFirst(gymnasium.ObservationWrapper):
    observation_space = Box(0, 255, (3, SIZE, SIZE), np.uint8)

    def __init__(self) -> None:
        super().__init__(Game())

    def observation(self, observation: np.ndarray) -> np.ndarray:
        return observation.transpose(2, 0, 1)


def make(name: str, settings: Any, place: Any, render_mode: str | None) -> gymnasium.Env:
    return _ChannelsFirst()


class _Clock(AlgoObserver):
    def __init__(self, steady: SteadyState) -> None:
        self._steady = steady

    def on_training_step(self, runner: Runner, training_iteration_since_resume: int) -> None:
        if self._steady.iteration_ended(runner.env_steps.get(0, 0)):
            runner.cfg.train_for_env_steps = 0


def settings(folder: str) -> Any:
    words = {
        "env": "game",
        "device": "cpu",
        "train_dir": folder,
        # A process can hold one emulator only.
        "num_workers": EMULATORS,
        "num_envs_per_worker": 1,
        "worker_num_splits": 1,
        # Learns while it samples, which is what makes it APPO.
        "async_rl": True,
        "env_framestack": 1,
        "summaries_use_frameskip": False,
    }
    argv = [f"--{name}={value}" for name, value in words.items()]
    parser, _ = parse_sf_args(argv)
    atari_override_defaults("game", parser)
    return parse_full_cfg(parser, argv)


def main(seconds: float) -> None:
    register_env("game", make)
    steady = SteadyState(seconds)
    with tempfile.TemporaryDirectory() as folder:
        _, runner = make_runner(settings(folder))
        runner.register_observer(_Clock(steady))
        runner.init()
        runner.run()
    steady.show()


if __name__ == "__main__":
    main(float(sys.argv[1]))
