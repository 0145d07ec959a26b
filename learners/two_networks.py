"""An RLModule of two networks of one kind: one for the actions' logits, one for the value."""

from typing import Any

from ray.rllib.core.columns import Columns
from ray.rllib.core.rl_module.apis.value_function_api import ValueFunctionAPI
from ray.rllib.core.rl_module.torch import TorchRLModule
from torch import Tensor, nn


class TwoNetworks(TorchRLModule, ValueFunctionAPI):
    """Networks that share nothing; a subclass says what they are, by `make_network`."""

    def setup(self) -> None:
        self.policy = self.make_network(int(self.action_space.n))
        self.value = self.make_network(1)

    def make_network(self, outputs: int) -> nn.Module:
        """Returns a network: float [N, inputs] -> [N, outputs]."""
        raise NotImplementedError

    def compute_values(self, batch: dict[str, Any], embeddings: Any = None) -> Tensor:
        """Returns the value of the observations: [N]."""
        values: Tensor = self.value(batch[Columns.OBS])
        return values.squeeze(-1)

    def _forward(self, batch: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        return {Columns.ACTION_DIST_INPUTS: self.policy(batch[Columns.OBS])}
