"""python -m benchmarks.peers.puffer SECONDS: steps a second of PufferLib 3's PPO on the native game.

The settings and the networks are its own for Atari (pufferlib/config/atari.ini over default.ini; convolutions and an
LSTM), but for the frames, one in colour, and for the batch, which must be a multiple of the games: 7680, not 8192.

Not on emulators: those need a process each, and its processes wait in a loop that takes a core each, which 24 of them
on a few cores do not survive.

It leaves a link and checkpoints in the folder that it is run in, which is another one in a comparison.
"""

import sys
from typing import Any

import gymnasium
import numpy as np
import pufferlib
import pufferlib.models
import pufferlib.pufferl
import pufferlib.vector
import torch

from benchmarks.peers.game import EMULATORS, REWARD_SCALE, SIZE
from benchmarks.peers.native_game import make
from benchmarks.peers.steady_state import SteadyState

THREADS = 2
HIDDEN, FLAT = 512, 64 * 4 * 4
"""Units of the LSTM, and the convolutions' number of outputs for a 64x64 frame."""
ROUNDS = 5
"""Number of rounds in a batch, each of `bptt_horizon` steps of all games."""


class Games(pufferlib.PufferEnv):
    """All games as one environment of many agents, which writes into PufferLib's arrays."""

    def __init__(self, buf: Any = None, seed: int = 0) -> None:
        self._games, self._seed = make(), seed
        self.num_agents = EMULATORS
        self.single_observation_space = gymnasium.spaces.Box(0, 255, (SIZE, SIZE, 3), np.uint8)
        self.single_action_space = self._games.single_action_space
        super().__init__(buf)

    def reset(self, seed: int | None = None) -> tuple[np.ndarray, list[dict[str, Any]]]:
        self.observations[:], _ = self._games.reset(seed=self._seed if seed is None else seed)
        return self.observations, []

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        self.observations[:], rewards, self.terminals[:], self.truncations[:], _ = self._games.step(actions)
        self.rewards[:] = REWARD_SCALE * rewards
        return self.observations, self.rewards, self.terminals, self.truncations, []

    def close(self) -> None:
        self._games.close()


def main(seconds: float) -> None:
    torch.set_num_threads(THREADS)
    # Its settings are read together with the command line's.
    sys.argv = sys.argv[:1]
    settings = pufferlib.pufferl.load_config("pong")["train"]
    settings |= {"env": "game", "device": "cpu", "batch_size": EMULATORS * settings["bptt_horizon"] * ROUNDS}
    games = pufferlib.vector.make(Games, backend=pufferlib.vector.Serial, num_envs=1)
    eyes = pufferlib.models.Convolutional(games.driver_env, framestack=3, flat_size=FLAT, channels_last=True)
    policy = pufferlib.models.LSTMWrapper(games.driver_env, eyes, input_size=HIDDEN, hidden_size=HIDDEN)
    trainer = pufferlib.pufferl.PuffeRL(settings, games, policy)
    steady = SteadyState(seconds)
    over = False
    while not over:
        trainer.evaluate()
        trainer.train()
        over = steady.iteration_ended(trainer.global_step)
    trainer.close()
    steady.show()


if __name__ == "__main__":
    main(float(sys.argv[1]))
