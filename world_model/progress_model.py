"""The progress model: predicts the learning progress on a transition."""

import torch
from torch import Tensor, nn


class ProgressModel(nn.Module):
    """Predicts how much better the newest version scores a transition than a lagged one, as a log ratio.

    Scoring two versions on the full joint loss, as the 2018 entry did, takes two encodings and two decodings. The
    learner does that on batches. This small network learns the expectation of the result, and actors pay it. An
    expectation is also insensitive to noise, whose scores rise and fall by chance.
    """

    def __init__(self, features: int, hidden: int = 128) -> None:
        super().__init__()
        last = nn.Linear(hidden, 1)
        # It predicts no progress before it has learned anything.
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.net = nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), last)

    def forward(self, z: Tensor, h: Tensor) -> Tensor:
        """Predicts the log ratio, [...], from z before the action, [..., latent], and h after it, [..., hidden]."""
        return self.net(torch.cat([z, h], -1)).squeeze(-1)
