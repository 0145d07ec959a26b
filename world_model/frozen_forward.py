"""M's step for actors: one step at a time, with weights that seldom change."""

import torch
from torch import Tensor
from torch.nn import functional as F

from world_model.forward_model import State
from world_model.model import WorldModel
from world_model.precision import autocast, bf16_is_faster


class FrozenForward:
    """Steps M for a batch of emulators.

    Where a CPU is faster in bfloat16, a step is one matrix product with weights that are converted once for each
    version, in half of the time of torch's LSTM. Elsewhere it is M's own step.
    """

    def __init__(self, model: WorldModel, device: str) -> None:
        """
        Args:
            model: on the device; after a change of its weights, call `refresh`.
        """
        self._m = model.forward_model
        self._device = device
        self._converts = device == "cpu" and bf16_is_faster(device)
        self.refresh()

    def refresh(self) -> None:
        """Takes the model's present weights."""
        if not self._converts:
            return
        of = dict(self._m.lstm.named_parameters())
        hidden = self._m.hidden
        # From torch's order of the gates, input, forget, cell, output, to one with the cell's last.
        order = torch.arange(4 * hidden).view(4, hidden)[[0, 1, 3, 2]].flatten()
        weight = torch.cat([of["weight_ih_l0"], of["weight_hh_l0"]], 1).detach()
        self._weight = weight[order].bfloat16()
        self._bias = (of["bias_ih_l0"] + of["bias_hh_l0"]).detach()[order]

    def step(self, z: Tensor, action: Tensor, state: State) -> State:
        """Steps M: z float [N, latent], action int64 [N], state -> the next state, float32 [N, hidden] twice."""
        if not self._converts:
            with autocast(self._device):
                h, c = self._m.step(z, action, state)
            return h.float(), c.float()
        h, c = state
        inputs = torch.cat([self._m.inputs(z, action), h], -1).bfloat16()
        gates = F.linear(inputs, self._weight).float() + self._bias
        hidden = self._m.hidden
        i, f, o = gates[:, : 3 * hidden].sigmoid_().chunk(3, -1)
        c = f * c + i * gates[:, 3 * hidden :].tanh_()
        return o * c.tanh(), c
