"""The trained agent: a world model and a policy, as they are."""

import numpy as np
import torch
from torch import nn

from actors.agents import Player
from world_model.model import WorldModel
from world_model.vae import images


class TrainedAgent:
    """Samples actions from the policy on [z, h], as it did in training.

    Every player computes alone and in float32. Among others in a batch the last bits of its numbers would depend on how
    many there are, and one bit can change an action and with it the rest of the episode.
    """

    def __init__(self, model: WorldModel, policy: nn.Module) -> None:
        """
        Args:
            model: the world model.
            policy: float [1, latent + hidden] -> logits [1, actions].
        """
        self.model = model.requires_grad_(False).eval()
        self.policy = policy.requires_grad_(False).eval()

    def player(self, game: str, rng: np.random.Generator) -> Player:
        # For the same reason: sums over more threads have another order.
        torch.set_num_threads(1)
        return _Player(self.model, self.policy, rng)


class _Player:
    """M's state along one episode."""

    def __init__(self, model: WorldModel, policy: nn.Module, rng: np.random.Generator) -> None:
        self._model = model
        self._policy = policy
        self._rng = rng
        self._state = model.forward_model.initial_state(1)

    @torch.inference_mode()
    def __call__(self, frame: np.ndarray) -> int:
        z, _ = self._model.vae.encode(images(torch.from_numpy(frame)))
        logits = self._policy(torch.cat([z, self._state[0]], -1))
        chances = logits[0].double().softmax(-1).cumsum(-1).numpy()
        # The last one is 1 but for rounding.
        action = min(int(np.searchsorted(chances, self._rng.random(), side="right")), len(chances) - 1)
        self._state = self._model.forward_model.step(z, torch.tensor([action]), self._state)
        return action
