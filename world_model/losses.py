"""The parts of the joint loss, per frame or per transition, in nats; the reconstruction is in squared pixel units."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from world_model.forward_model import LEAST_LOG_STD, Mixture

MOVING = 0.05
LEAST_MDN_LOSS = LEAST_LOG_STD + 0.5 * math.log(2 * math.pi)
"""Lower bound of one latent dimension's MDN loss: M's density is at most that of the narrowest Gaussian."""


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Returns the mean of values [B, T] where mask [B, T] is True; 0 if it is nowhere True."""
    # Chosen, not multiplied by 0: where the mask is False a value may be infinite.
    return values.where(mask, 0.0).sum() / mask.sum().clamp(min=1)


def reconstruction_loss(predicted: Tensor, x: Tensor, weights: Tensor | None = None) -> Tensor:
    """Returns the squared error, summed over the pixels of each frame: [..., 3, S, S] twice -> [...].

    Args:
        predicted: the reconstruction.
        x: the frames.
        weights: [..., 1, S, S], weights of the pixels; None: all 1.
    """
    errors = (predicted.float() - x).square()
    return (errors if weights is None else errors * weights).sum((-3, -2, -1))


def moving_pixels(x: Tensor, first: Tensor) -> Tensor:
    """Returns 1 where a pixel differs from the frame before by more than a twentieth in any channel, else 0.

    Args:
        x: [B, T + 1, 3, S, S] in [0, 1].
        first: bool [B, T + 1]; frames that begin an episode, in which no pixel moves, as in frame 0.

    Returns:
        float [B, T + 1, 1, S, S].
    """
    change = (x[:, 1:] - x[:, :-1]).abs().amax(2, keepdim=True)
    moves = (change > MOVING) & ~first[:, 1:, None, None, None]
    return F.pad(moves.float(), (0, 0, 0, 0, 0, 0, 1, 0))


def kl_loss(mean: Tensor, logvar: Tensor) -> Tensor:
    """Returns KL(q(z | frame) || N(0, 1)), summed over dimensions (arXiv 1312.6114, app. B): [..., latent] -> [...]."""
    return -0.5 * (1 + logvar - mean.square() - logvar.exp()).sum(-1)


def mdn_loss(mixture: Mixture, next_z: Tensor) -> Tensor:
    """Returns -log p(next z) of M, summed over dimensions (Bishop 1994, equation 29): [B, T, latent] -> [B, T]."""
    z = next_z.unsqueeze(-1)
    log_normal = (
        -0.5 * ((z - mixture.mean) * torch.exp(-mixture.log_std)).square()
        - mixture.log_std
        - 0.5 * math.log(2 * math.pi)
    )
    return -torch.logsumexp(mixture.log_weight + log_normal, -1).sum(-1)


def inverse_loss(logits: Tensor, action: Tensor) -> Tensor:
    """Returns the cross-entropy of the actions taken: logits [B, T, actions], action int64 [B, T] -> [B, T]."""
    return F.cross_entropy(logits.flatten(0, 1), action.flatten(), reduction="none").view_as(action)


def prediction_error(mixture: Mixture, next_mean: Tensor) -> Tensor:
    """Returns the mean squared error of M's expected next z against V's encoding: [..., latent] -> [...].

    This is the forward error of the intrinsic curiosity module (arXiv 1705.05363, equation 5), as a mean over
    dimensions.
    """
    return (mixture.expected() - next_mean).square().mean(-1)
