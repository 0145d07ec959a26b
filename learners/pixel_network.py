"""The network of a policy that sees pixels."""

from typing import Any

import torch
from ray.rllib.core.columns import Columns
from ray.rllib.core.rl_module.apis.value_function_api import ValueFunctionAPI
from ray.rllib.core.rl_module.torch import TorchRLModule
from torch import Tensor, nn


class PixelNetwork(TorchRLModule, ValueFunctionAPI):
    """Three convolutions and 512 units, shared by policy and value function, on uint8 [N, 84, 84, 4].

    As in Mnih et al., "Human-level control through deep reinforcement learning" (Nature 518, 2015).
    """

    def setup(self) -> None:
        self.trunk = nn.Sequential(
            _scaled(nn.Conv2d(4, 32, 8, stride=4)),
            nn.ReLU(),
            _scaled(nn.Conv2d(32, 64, 4, stride=2)),
            nn.ReLU(),
            _scaled(nn.Conv2d(64, 64, 3)),
            nn.ReLU(),
            nn.Flatten(),
            _scaled(nn.Linear(7 * 7 * 64, 512)),
            nn.ReLU(),
        )
        # Nearly even odds at first.
        self.policy = _scaled(nn.Linear(512, int(self.action_space.n)), 0.01)
        self.value = _scaled(nn.Linear(512, 1), 1.0)

    def compute_values(self, batch: dict[str, Any], embeddings: Tensor | None = None) -> Tensor:
        """Returns the value of the observations: [N]."""
        return self.value(self._embed(batch) if embeddings is None else embeddings).squeeze(-1)

    def _forward(self, batch: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        return {Columns.ACTION_DIST_INPUTS: self.policy(self._embed(batch))}

    def _forward_train(self, batch: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        embeddings = self._embed(batch)
        return {Columns.ACTION_DIST_INPUTS: self.policy(embeddings), Columns.EMBEDDINGS: embeddings}

    def _embed(self, batch: dict[str, Any]) -> Tensor:
        """Returns the features that policy and value share: float [N, 512]."""
        return self.trunk(batch[Columns.OBS].permute(0, 3, 1, 2).float() / 255)


def _scaled(layer: nn.Conv2d | nn.Linear, gain: float = 2**0.5) -> nn.Module:
    """Initialises a layer with orthogonal weights, with a gain that makes up for ReLU."""
    with torch.no_grad():
        nn.init.orthogonal_(layer.weight, gain)
        assert layer.bias is not None
        layer.bias.zero_()
    return layer
