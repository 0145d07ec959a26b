"""V with light networks, whose z is a grid of 8 x 8 cells, each of which encodes its part of the frame.

The encoder begins as the convolutional network of Mnih et al. (Nature 518, 2015, "Methods"), but with borders, so that
its features lie on a grid of 8 x 8; the decoder's last layer gives every pixel of a grid's cell a channel of its own
(Shi et al., arXiv 1609.05158, equation 3). With one z for the whole frame and the same time to learn, V knew less of
terrain, speed and hazards: docs/learning.md.
"""

import torch
from torch import Tensor, nn

from world_model.vae import GaussianAutoencoder

_GRID = 8
_CHANNELS = 64


class LightVAE(GaussianAutoencoder):
    """Networks that learn about four times as many frames as the paper's in the same CPU time."""

    def __init__(self, size: int, latent: int) -> None:
        """
        Args:
            size: side of the frames in pixels, 64 or 128.
            latent: dimensions of z, a multiple of 64, which is the number of cells.

        Raises:
            ValueError: size or latent is not one of these numbers.
        """
        super().__init__()
        if size not in (64, 128):
            raise ValueError(f"frame size {size} is not one of 64, 128")
        if latent % _GRID**2:
            raise ValueError(f"latent {latent} is no multiple of {_GRID**2}")
        self._depth = latent // _GRID**2
        shapes = [(32, 8, 4, 2), *[(64, 4, 2, 1)] * (size // 64), (64, 3, 1, 1)]
        layers: list[nn.Module] = []
        channels = 3
        for out, kernel, stride, border in shapes:
            layers += [nn.Conv2d(channels, out, kernel, stride, border), nn.ReLU()]
            channels = out
        self.encoder = nn.Sequential(*layers)
        self.posterior = nn.Linear(channels, 2 * self._depth)
        patch = size // _GRID
        self.decoder = nn.Sequential(
            nn.Conv2d(self._depth, _CHANNELS, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(_CHANNELS, _CHANNELS, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(_CHANNELS, 3 * patch**2, 3, padding=1),
            nn.PixelShuffle(patch),
            nn.Sigmoid(),
        )

    def rows(self, features: Tensor) -> Tensor:
        """Returns the posterior's inputs, one for each cell: [N, C, 8, 8] -> [N, 8, 8, C]."""
        return features.permute(0, 2, 3, 1)

    def parts(self, both: Tensor) -> tuple[Tensor, Tensor]:
        """Splits the posterior's output: [N, 8, 8, 2 x depth] -> twice [N, latent]; z is [depth, 8, 8], flattened."""
        mean, logvar = both.permute(0, 3, 1, 2).chunk(2, dim=1)
        return mean.flatten(1), logvar.flatten(1)

    def decode(self, z: Tensor) -> Tensor:
        """Decodes z [N, latent] to a reconstruction, float [N, 3, S, S] in [0, 1]."""
        grid = z.unflatten(1, (self._depth, _GRID, _GRID))
        pixels: Tensor = self.decoder(grid.contiguous(memory_format=torch.channels_last))
        return pixels
