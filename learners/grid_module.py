"""The RLModule of a policy that sees z as a grid."""

import torch
from torch import nn

from learners.grid_network import GridNetwork
from learners.two_networks import TwoNetworks
from world_model.spec import WorldModelSpec

_FIRST_POLICY = 0.1
"""Factor of the random weights of the policy's last layer: at first all actions are about equally likely."""


class GridModule(TwoNetworks):
    """Its `model_config` has `spec`, the fields of a `WorldModelSpec`, and `units`, as for `GridNetwork`."""

    def setup(self) -> None:
        super().setup()
        last = [layer for layer in self.policy.modules() if isinstance(layer, nn.Linear)][-1]
        with torch.no_grad():
            last.weight.mul_(_FIRST_POLICY)

    def make_network(self, outputs: int) -> nn.Module:
        return GridNetwork(WorldModelSpec(**self.model_config["spec"]), outputs, self.model_config["units"])
