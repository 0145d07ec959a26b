"""The RLModule of a policy that sees z as a grid."""

import torch

from learners.grid_network import GridNetwork
from learners.two_networks import TwoNetworks
from world_model.spec import WorldModelSpec

_FIRST_POLICY = 0.1
"""Factor of the random weights of the policy's last layer: at first all actions are about equally likely."""


class GridModule(TwoNetworks):
    """Its `model_config` has `spec`, the fields of a `WorldModelSpec`, and `units`, as for `GridNetwork`."""

    def setup(self) -> None:
        super().setup()
        assert isinstance(self.policy, GridNetwork)
        with torch.no_grad():
            for layer in self.policy.last:
                layer.weight.mul_(_FIRST_POLICY)

    def make_network(self, outputs: int) -> GridNetwork:
        return GridNetwork(WorldModelSpec(**self.model_config["spec"]), outputs, self.model_config["units"])
