"""The inverse model: which action led from one latent to the next (Pathak et al., arXiv 1705.05363, equation 2)."""

import torch
from torch import Tensor, nn


class InverseModel(nn.Module):
    """MLP from (z, next z) to action logits.

    It gets V's encoding of the next frame, not M's prediction, which was made from the action. So V learns to encode
    the action's effects.
    """

    def __init__(self, latent: int, actions: int, hidden: int) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2 * latent, hidden), nn.ReLU(), nn.Linear(hidden, actions))

    def forward(self, z: Tensor, next_z: Tensor) -> Tensor:
        """z, next_z [..., latent] -> logits [..., actions]."""
        return self.net(torch.cat([z, next_z], -1))
