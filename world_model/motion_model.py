"""The motion model: predicts how the player moves in the next steps, from [z, h] and the actions.

It is trained with V and M for its gradient alone, and is not published. A wall ahead, a slope or spikes decide where
the player will be. So an encoding from which that can be predicted tells of them and of the player, although they are
few pixels. Auxiliary predictions shape representations in UNREAL (Jaderberg et al., arXiv 1611.05397, section 3) and in
HarmonyDream (Ma et al., arXiv 2310.00344), where the reward is predicted; here it is the player's place, which is none.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from world_model.losses import masked_mean

STEP_PIXELS = 20.0
"""Unit of displacements after one step, in px; after k steps it is sqrt(k) times as large."""
_MOST = 5.0


class MotionModel(nn.Module):
    """Predicts the player's displacements after 1, 2, ... steps from [z, h] and the actions of these steps."""

    def __init__(self, features: int, actions: int, ahead: int, hidden: int = 256) -> None:
        """
        Args:
            features: dimensions of [z, h].
            actions: number of actions.
            ahead: steps that it looks ahead, fewer than those of a sequence.
            hidden: units of the hidden layer.
        """
        super().__init__()
        self.actions, self.ahead = actions, ahead
        self.net = nn.Sequential(
            nn.Linear(features + self.ahead * actions, hidden), nn.ReLU(), nn.Linear(hidden, self.ahead * 2)
        )

    def forward(self, features: Tensor, actions: Tensor) -> Tensor:
        """features [..., features], actions int64 [..., ahead] -> displacements [..., ahead, 2] in their units."""
        played = F.one_hot(actions, self.actions).to(features.dtype).flatten(-2)
        displacements: Tensor = self.net(torch.cat([features, played], -1))
        return displacements.unflatten(-1, (self.ahead, 2))

    def loss(self, z: Tensor, h: Tensor, actions: Tensor, positions: Tensor, first: Tensor) -> Tensor:
        """Returns the mean squared error of x and y together, a scalar; 0 where no position is known.

        Args:
            z: [B, T + 1, latent].
            h: [B, T, hidden], M's state after each step.
            actions: int64 [B, T].
            positions: int [B, T + 1, 2], the player's x and y in px; below 0 where they are not known.
            first: bool [B, T + 1]; frames that begin an episode.
        """
        k, steps = self.ahead, actions.shape[1]
        begins = range(1, steps - k + 1)
        played = torch.stack([actions[:, t : t + k] for t in begins], 1)
        predicted = self(torch.cat([z[:, 1 : steps - k + 1], h[:, : steps - k]], -1), played).float()

        known = (positions >= 0).all(-1)
        ends = torch.stack([positions[:, t + 1 : t + k + 1] for t in begins], 1)
        displacements = (ends - positions[:, 1 : steps - k + 1, None]).float()
        units = STEP_PIXELS * torch.arange(1, k + 1, device=z.device).sqrt()
        wanted = (displacements / units[:, None]).clamp(-_MOST, _MOST)
        # Nothing is predicted beyond the end of an episode.
        goes_on = torch.stack([(~first[:, t + 1 : t + k + 1]).cumprod(1).bool() for t in begins], 1)
        seen = torch.stack([known[:, t + 1 : t + k + 1] for t in begins], 1) & known[:, 1 : steps - k + 1, None]
        errors = (predicted - wanted).square().sum(-1)
        return masked_mean(errors, goes_on & seen)
