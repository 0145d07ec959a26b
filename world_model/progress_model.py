"""The progress model: the learning progress to be expected of a transition."""

import torch
from torch import Tensor, nn


class ProgressModel(nn.Module):
    """Predicts how much better the newest version scores a transition than a lagged one, as a log ratio.

    Scoring two versions on the full joint loss, as the 2018 entry did, takes two encodings and two decodings. That is
    done beside the learner, on batches; its expectation is what this small network learns and what actors pay. An
    expectation is also deaf to noise, whose scores go up and down by chance.
    """

    def __init__(self, features: int, hidden: int = 128) -> None:
        super().__init__()
        last = nn.Linear(hidden, 1)
        # Nothing is promised before anything was learned.
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.net = nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), last)

    def forward(self, z: Tensor, h: Tensor) -> Tensor:
        """z before the action and h after it, [..., latent] and [..., hidden] -> log ratio [...]."""
        return self.net(torch.cat([z, h], -1)).squeeze(-1)
