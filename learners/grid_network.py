"""The network of policy or value that sees z as the grid of cells that it is."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn

from learners.policy_weights import load_state, part_of
from world_model.light_vae import GRID
from world_model.spec import WorldModelSpec

_FEATURES = 8


class GridNetwork(nn.Module):
    """A convolution over the cells of z and of its change, from whose features and h a perceptron with tanh goes on.

    What the convolution learns of one cell holds for all of them; a perceptron alone learns it for each of the 8 x 8.
    """

    def __init__(self, spec: WorldModelSpec, outputs: int, units: Sequence[int]) -> None:
        """
        Args:
            spec: of the world model, whose z is a grid.
            outputs: numbers of the output.
            units: of each hidden layer after the convolution.
        """
        super().__init__()
        self._sizes = [spec.latent, spec.hidden, *[spec.latent] * spec.sees_change]
        planes = (spec.observation - spec.hidden) // GRID**2
        sizes = [*units, outputs]
        self.cells = nn.Conv2d(planes, _FEATURES, 3, padding=1)
        self.seen = nn.Linear(_FEATURES * GRID**2, sizes[0])
        self.remembered = nn.Linear(spec.hidden, sizes[0], bias=False)
        following = [nn.Linear(inputs, size) for inputs, size in pairwise(sizes)]
        self.rest = nn.Sequential(*(layer for linear in following for layer in (nn.Tanh(), linear)))

    @property
    def last(self) -> list[nn.Linear]:
        """The layers whose sum is the output."""
        linear = [layer for layer in self.rest if isinstance(layer, nn.Linear)]
        return linear[-1:] or [self.seen, self.remembered]

    def forward(self, observation: Tensor) -> Tensor:
        """Maps `Latents.observation`, float [N, observation], to [N, outputs]."""
        z, h, *change = observation.split(self._sizes, -1)
        grid = torch.cat([z, *change], -1).unflatten(-1, (-1, GRID, GRID))
        features = self.cells(grid).relu().flatten(1)
        outputs: Tensor = self.rest(self.seen(features) + self.remembered(h))
        return outputs


def grid_networks(module: Mapping[str, np.ndarray], spec: WorldModelSpec) -> tuple[nn.Module, nn.Module]:
    """Makes the networks of policy and value from the state of a `learners.grid_module.GridModule`.

    Raises:
        KeyError, ValueError: the state belongs to another module.
    """
    return _network(part_of(module, "policy."), spec, spec.actions), _network(part_of(module, "value."), spec, 1)


def _network(state: Mapping[str, Tensor], spec: WorldModelSpec, outputs: int) -> nn.Module:
    biases = [
        state["seen.bias"],
        *(array for name, array in state.items() if name.startswith("rest.") and array.ndim == 1),
    ]
    network = GridNetwork(spec, outputs, [len(bias) for bias in biases[:-1]])
    load_state(network, state)
    return network
