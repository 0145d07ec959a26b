"""V: the convolutional variational autoencoder of World Models (Ha and Schmidhuber, arXiv 1803.10122, appendix A.1)."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from world_model.gaze import Finder, centred
from world_model.upsampling import Upsampling

# Channels and kernels by frame size. At 64 these are the paper's. At 128 one more layer of the same kind is put in
# front, and the decoder's kernels are those that grow 1 pixel to exactly 128.
_ENCODER_CHANNELS = {64: (32, 64, 128, 256), 128: (32, 64, 128, 256, 512)}
_DECODER_KERNELS = {64: (5, 5, 6, 6), 128: (5, 5, 5, 6, 6)}
_DECODER_CHANNELS = {64: (128, 64, 32, 3), 128: (256, 128, 64, 32, 3)}


def images(frames: Tensor) -> Tensor:
    """Converts frames uint8 [..., S, S, 3] to float32 [N, 3, S, S] in [0, 1].

    The result keeps the frames' memory order, which for convolutions is the fast channels-last format.
    """
    flat = frames.reshape(-1, *frames.shape[-3:])
    return flat.permute(0, 3, 1, 2).float().div_(255)


class GaussianAutoencoder(nn.Module):
    """The base of V's networks: encoder q(z | frame), a diagonal Gaussian, and decoder p(frame | z).

    Attributes:
        encoder: convolutions, with a ReLU after each.
        posterior: linear layer from the encoder's output to mean and log-variance.
        finder: finds the player, who is then in the middle of what is encoded; None: frames are encoded as they are.
    """

    encoder: nn.Sequential
    posterior: nn.Linear

    def __init__(self) -> None:
        super().__init__()
        self.finder: Finder | None = None

    def gaze(
        self, frames: Tensor, places: Tensor | None = None, find: Callable[[Tensor], Tensor] | None = None
    ) -> Tensor:
        """Shifts frames, uint8 [N, S, S, 3], so that the player is in the middle.

        Args:
            places: the player's x and y as fractions of the frame, float [N, 2]; where they are nan, and if there are
                none, the player is found.
            find: computes places from the frames; None: the finder does.
        """
        if self.finder is None:
            return frames
        with torch.no_grad():
            if places is None or places.isnan().any():
                found = find(frames) if find else self.finder.places(images(frames))
                places = found if places is None else torch.where(places.isnan(), found, places)
            return centred(frames, places)

    def look(self, frames: Tensor, places: Tensor | None = None) -> Tensor:
        """Returns what is encoded of frames: float32 [N, 3, S, S] in [0, 1]. Arguments as for `gaze`."""
        return images(self.gaze(frames, places))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Encodes float [N, 3, S, S] to mean and log-variance of z, each [N, latent]."""
        mean, logvar = self.parts(self.posterior(self.rows(self.encoder(x))).float())
        # Beyond these bounds exp() only makes infinities.
        return mean, logvar.clamp(-10.0, 4.0)

    def means(self, frames: Tensor, places: Tensor | None = None) -> Tensor:
        """Encodes frames to the mean of z, [N, latent]. Arguments as for `gaze`."""
        return self.encode(self.look(frames, places))[0]

    def rows(self, features: Tensor) -> Tensor:
        """Returns the posterior's input from the encoder's output: [N, C, H, W] -> [N, C x H x W]."""
        return features.flatten(1)

    def parts(self, both: Tensor) -> tuple[Tensor, Tensor]:
        """Splits the posterior's output into mean and log-variance, each [N, latent]."""
        mean, logvar = both.chunk(2, dim=-1)
        return mean, logvar

    def sample(self, mean: Tensor, logvar: Tensor) -> Tensor:
        """Draws z = mean + std * noise, std = exp(logvar / 2) (Kingma and Welling, arXiv 1312.6114, section 2.4)."""
        return mean + torch.exp(0.5 * logvar) * torch.randn_like(mean)

    def decode(self, z: Tensor) -> Tensor:
        """z [N, latent] -> reconstruction float [N, 3, S, S] in [0, 1]."""
        raise NotImplementedError


class VAE(GaussianAutoencoder):
    """The paper's networks."""

    def __init__(self, size: int, latent: int) -> None:
        super().__init__()
        if size not in _ENCODER_CHANNELS:
            raise ValueError(f"frame size {size} is not one of {sorted(_ENCODER_CHANNELS)}")
        layers: list[nn.Module] = []
        channels, side = 3, size
        for out in _ENCODER_CHANNELS[size]:
            layers += [nn.Conv2d(channels, out, 4, stride=2), nn.ReLU()]
            channels, side = out, (side - 4) // 2 + 1
        self.encoder = nn.Sequential(*layers)
        self.posterior = nn.Linear(channels * side * side, 2 * latent)

        self.expand = nn.Linear(latent, 1024)
        layers = []
        channels = 1024
        for out, kernel in zip(_DECODER_CHANNELS[size], _DECODER_KERNELS[size], strict=True):
            layers += [Upsampling(channels, out, kernel), nn.ReLU()]
            channels = out
        self.decoder = nn.Sequential(*layers[:-1], nn.Sigmoid())

    def decode(self, z: Tensor) -> Tensor:
        """z [N, latent] -> reconstruction float [N, 3, S, S] in [0, 1]."""
        return self.decoder(self.expand(z)[:, :, None, None])
