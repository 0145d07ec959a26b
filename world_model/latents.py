"""What is known along play: z of the frames that are seen, and M's state after all that was done."""

from collections.abc import Callable

import torch
from torch import Tensor

from world_model.forward_model import State
from world_model.frozen_encoder import FrozenEncoder
from world_model.frozen_forward import FrozenForward
from world_model.model import WorldModel


class Latents:
    """z and M's state of N streams of play. Frames are seen, an action is taken, M steps with it; and so on.

    Attributes:
        z: float [N, latent], of the frames that were seen last.
        state: M's, after the action that was taken last; zero where an episode begins.
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
            encoder, forward: that compute z and M's steps. None: the model's own networks.
        """
        self._encode: Callable[[Tensor], Tensor] = encoder or model.vae.means
        self._forward = forward or model.forward_model
        self.z = torch.zeros(streams, model.spec.latent, device=device)
        self.state: State = model.forward_model.initial_state(streams, device)

    def see(self, frames: Tensor) -> None:
        """uint8 [N, S, S, 3]."""
        self.z = self._encode(frames)

    def features(self) -> Tensor:
        """What policy and value are given: [z, h], float [N, latent + hidden]."""
        return torch.cat([self.z, self.state[0]], -1)

    def go(self, actions: Tensor) -> None:
        """int64 [N]."""
        self.state = self._forward.step(self.z, actions, self.state)

    def begin(self, first: Tensor) -> None:
        """bool [N], where an episode begins."""
        h, c = self.state
        self.state = h.masked_fill(first[:, None], 0.0), c.masked_fill(first[:, None], 0.0)
