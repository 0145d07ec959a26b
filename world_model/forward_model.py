"""M: the forward model, an LSTM with a mixture density output (World Models, arXiv 1803.10122, appendix A.2)."""

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LEAST_LOG_STD = -4.0
"""Least logarithm of a Gaussian's std: the likelihood stays bounded where a dimension can be predicted exactly."""

State = tuple[Tensor, Tensor]
"""(h, c) of the LSTM, each float [N, hidden]."""


class Mixture(NamedTuple):
    """One mixture of Gaussians per latent dimension; each field is float [..., latent, mixtures]."""

    log_weight: Tensor
    mean: Tensor
    log_std: Tensor

    def expected(self) -> Tensor:
        """Returns the mixture's mean, [..., latent]."""
        return (self.log_weight.exp() * self.mean).sum(-1)


class ForwardModel(nn.Module):
    """Predicts z of the next frame from z, the action and the state of an LSTM."""

    def __init__(self, latent: int, actions: int, hidden: int, mixtures: int) -> None:
        super().__init__()
        self.latent, self.actions, self.hidden, self.mixtures = latent, actions, hidden, mixtures
        self.lstm = nn.LSTM(latent + actions, hidden, batch_first=True)
        self.output = nn.Linear(hidden, latent * mixtures * 3)

    def initial_state(self, n: int, device: torch.device | str = "cpu") -> State:
        """Returns the state at the start of an episode: zeros [n, hidden], twice."""
        return torch.zeros(n, self.hidden, device=device), torch.zeros(n, self.hidden, device=device)

    def step(self, z: Tensor, action: Tensor, state: State) -> State:
        """Steps N streams: z [N, latent], action int64 [N], state -> the state after the step."""
        _, (h, c) = self.lstm(self.inputs(z, action)[:, None], (state[0][None], state[1][None]))
        return h[0], c[0]

    def unroll(self, z: Tensor, action: Tensor, first: Tensor, state: State) -> Tensor:
        """Returns the hidden states along sequences.

        Args:
            z: [B, T, latent]; action: int64 [B, T].
            first: bool [B, T]; where True the frame begins an episode and the state is set to zero before it,
                so that neither values nor gradients cross from one episode to the next.
            state: the state before the first step.

        Returns:
            h after each step, [B, T, hidden].
        """
        inputs = self.inputs(z, action)
        h, c = state[0][None], state[1][None]
        # The fused LSTM runs from one reset to the next; most batches have few.
        resets = first.any(0).nonzero().flatten().tolist()
        bounds = sorted({0, *resets, inputs.shape[1]})
        outputs = []
        for begin, end in pairwise(bounds):
            keep = (~first[:, begin])[None, :, None].to(h.dtype)
            out, (h, c) = self.lstm(inputs[:, begin:end], (h * keep, c * keep))
            outputs.append(out)
        return torch.cat(outputs, 1)

    def predict(self, h: Tensor) -> Mixture:
        """Returns the distribution of the next z, from the state after the action: [..., hidden] -> Mixture."""
        out = self.output(h).reshape(*h.shape[:-1], self.latent, 3 * self.mixtures)
        # Under autocast the outputs are bfloat16, whose 8 bits are too few for likelihoods.
        weight, mean, log_std = out.float().chunk(3, dim=-1)
        return Mixture(weight.log_softmax(-1), mean, log_std.clamp(LEAST_LOG_STD, 4.0))

    def inputs(self, z: Tensor, action: Tensor) -> Tensor:
        """Returns the LSTM's input: z [..., latent], action int64 [...] -> [..., latent + actions]."""
        return torch.cat([z, F.one_hot(action, self.actions).to(z.dtype)], -1)
