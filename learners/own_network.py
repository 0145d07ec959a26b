"""Networks of policy and value from a user's own class."""

from collections.abc import Mapping

import numpy as np
from torch import nn

from learners.policy_weights import load_state, part_of
from learners.two_networks import TwoNetworks
from world_model.own_class import own_class


class OwnNetwork(TwoNetworks):
    """The class is called with the numbers of inputs and outputs; its objects map float [N, inputs] to [N, outputs]."""

    def make_network(self, outputs: int) -> nn.Module:
        (inputs,) = self.observation_space.shape
        network: nn.Module = own_class(self.model_config["network"])(inputs, outputs)
        return network


def own_networks(name: str, module: Mapping[str, np.ndarray], inputs: int, actions: int) -> tuple[nn.Module, nn.Module]:
    """Makes the networks of policy and value from the state of an `OwnNetwork`.

    Raises:
        KeyError, ValueError: the state belongs to another class, or there is no such class.
    """
    made = []
    for part, outputs in (("policy", actions), ("value", 1)):
        network: nn.Module = own_class(name)(inputs, outputs)
        load_state(network, part_of(module, f"{part}."))
        made.append(network)
    return made[0], made[1]
