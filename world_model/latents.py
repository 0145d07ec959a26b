"""The latents along play: z of the frames, and M's state after the actions."""

from collections.abc import Callable

import torch
from torch import Tensor

from world_model.forward_model import State
from world_model.frozen_encoder import FrozenEncoder
from world_model.frozen_forward import FrozenForward
from world_model.model import WorldModel


class Latents:
    """Keeps z and M's state of N streams of play: `see` frames, `go` with actions, and so on.

    Attributes:
        z: float [N, latent], of the last frames.
        before: float [N, latent], z when the last actions were taken.
        moved: bool [N], whether an action was taken since the episode's beginning.
        state: M's state after the last actions; zero where an episode begins.
    """

    def __init__(
        self,
        model: WorldModel,
        streams: int,
        encoder: FrozenEncoder | None = None,
        forward: FrozenForward | None = None,
        device: str = "cpu",
    ) -> None:
        """
        Args:
            model: the world model.
            streams: N.
            encoder, forward: compute z and M's steps. None: the model's own networks.
            device: of all tensors.
        """
        self._encode: Callable[[Tensor, Tensor | None], Tensor] = encoder or model.vae.means
        self._forward = forward or model.forward_model
        self._sees_change = model.spec.sees_change
        self.z = torch.zeros(streams, model.spec.latent, device=device)
        self.before = self.z
        self.moved = torch.zeros(streams, dtype=torch.bool, device=device)
        self.state: State = model.forward_model.initial_state(streams, device)

    def see(self, frames: Tensor, places: Tensor | None = None) -> None:
        """Encodes new frames, uint8 [N, S, S, 3], to z.

        Args:
            places: the player's x and y as fractions of the frame, float [N, 2], nan where they are not known; None:
                the player is found.
        """
        self.z = self._encode(frames, places)

    def features(self) -> Tensor:
        """Returns [z, h], float [N, latent + hidden]."""
        return torch.cat([self.z, self.state[0]], -1)

    def observation(self) -> Tensor:
        """Returns the input of policy and value, float [N, observation]: [z, h], or [z, h, z - last z].

        The change of z tells how things move, which one frame does not show, and which h has only where M has learned
        it. It is zero where an episode begins.
        """
        if not self._sees_change:
            return self.features()
        change = (self.z - self.before).masked_fill(~self.moved[:, None], 0.0)
        return torch.cat([self.z, self.state[0], change], -1)

    def go(self, actions: Tensor) -> None:
        """Steps M with actions, int64 [N]."""
        self.state = self._forward.step(self.z, actions, self.state)
        self.before, self.moved = self.z, torch.ones_like(self.moved)

    def begin(self, first: Tensor) -> None:
        """Sets M's state to zero where an episode begins, bool [N]."""
        h, c = self.state
        self.state = h.masked_fill(first[:, None], 0.0), c.masked_fill(first[:, None], 0.0)
        self.moved = self.moved & ~first
