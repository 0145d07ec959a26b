"""Networks of policy and value from a user's own class."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from ray.rllib.core.columns import Columns
from ray.rllib.core.rl_module.apis.value_function_api import ValueFunctionAPI
from ray.rllib.core.rl_module.torch import TorchRLModule
from torch import Tensor, nn

from world_model.own_class import own_class


class OwnNetwork(TorchRLModule, ValueFunctionAPI):
    """An RLModule with two objects of the user's class: one for the actions' logits, one for the value.

    The class is called with the numbers of inputs and outputs; its objects map float [N, inputs] to [N, outputs].
    """

    def setup(self) -> None:
        make = own_class(self.model_config["network"])
        (inputs,) = self.observation_space.shape
        self.policy: nn.Module = make(inputs, int(self.action_space.n))
        self.value: nn.Module = make(inputs, 1)

    def compute_values(self, batch: dict[str, Any], embeddings: Any = None) -> Tensor:
        """Returns the value of the observations: [N]."""
        return self.value(batch[Columns.OBS]).squeeze(-1)

    def _forward(self, batch: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        return {Columns.ACTION_DIST_INPUTS: self.policy(batch[Columns.OBS])}


def own_networks(name: str, module: Mapping[str, np.ndarray], inputs: int, actions: int) -> tuple[nn.Module, nn.Module]:
    """Makes the networks of policy and value from the state of an `OwnNetwork`.

    Raises:
        KeyError, ValueError: the state belongs to another class, or there is no such class.
    """
    made = []
    for part, outputs in (("policy", actions), ("value", 1)):
        network: nn.Module = own_class(name)(inputs, outputs)
        prefix = f"{part}."
        state = {
            key.removeprefix(prefix): torch.tensor(array) for key, array in module.items() if key.startswith(prefix)
        }
        try:
            network.load_state_dict(state)
        except RuntimeError as error:
            raise ValueError(" ".join(str(error).split())) from error
        made.append(network)
    return made[0], made[1]
