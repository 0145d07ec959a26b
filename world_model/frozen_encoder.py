"""V's encoder for actors: with a fixed number of frames, and weights that seldom change."""

import torch
from torch import Tensor, nn

from world_model.gaze import INPUT, expected_places
from world_model.model import WorldModel
from world_model.precision import autocast, bf16_is_faster
from world_model.vae import images


class FrozenEncoder:
    """Encodes batches of one size to the means of z.

    On CPUs a convolution converts its weights to bfloat16 and changes their layout in every call, which takes two
    fifths of the time at an actor's batch sizes. Here that is done once for each version. In float32 the result equals
    the plain encoder's, bit for bit.
    """

    def __init__(self, model: WorldModel, batch: int, device: str) -> None:
        """
        Args:
            model: on the device; after a change of its weights, call `refresh`.
            batch: number of frames in each call.
        """
        self._vae = model.vae
        self._size = model.spec.observation_size
        self._batch = batch
        self._device = device
        self._dtype = torch.bfloat16 if bf16_is_faster(device) else torch.float32
        self._lays_out = device == "cpu" and torch.backends.mkldnn.is_available()
        self.refresh()

    def refresh(self) -> None:
        """Takes the model's present weights."""
        if not self._lays_out:
            return
        self._layers = self._laid_out(self._vae.encoder, self._size)
        if self._vae.finder is not None:
            self._finder_layers = self._laid_out(self._vae.finder.net, INPUT)
            self._finds = self._vae.finder.has_learned
        posterior = self._vae.posterior
        self._weight, self._bias = (p.detach().to(self._dtype, copy=True) for p in (posterior.weight, posterior.bias))

    def __call__(self, frames: Tensor, places: Tensor | None = None) -> Tensor:
        """Encodes frames, uint8 [batch, S, S, 3], to float32 [batch, latent]; places as for `Latents.see`."""
        if not self._lays_out:
            with autocast(self._device):
                return self._vae.means(frames.to(self._device), None if places is None else places.to(self._device))
        x = images(self._vae.gaze(frames, places, self._find)).to(self._dtype)
        for layer in self._layers:
            x = layer(x)
        both = nn.functional.linear(self._vae.rows(x), self._weight, self._bias)
        return self._vae.parts(both.float())[0]

    def _find(self, frames: Tensor) -> Tensor:
        """Finds the player: see `Finder.places`."""
        finder = self._vae.finder
        assert finder is not None
        if not self._finds:
            return torch.full((len(frames), 2), 0.5)
        x = finder.reduced(images(frames)).to(self._dtype)
        for layer in self._finder_layers:
            x = layer(x)
        return expected_places(finder.cells(x.float()))

    def _laid_out(self, convolutions: nn.Sequential, side: int) -> list["_Convolution"]:
        """Returns the convolutions, each followed by a ReLU, of images [batch, 3, side, side]."""
        layers, channels = [], 3
        for layer in convolutions:
            if isinstance(layer, nn.Conv2d):
                layers.append(_Convolution(layer, [self._batch, channels, side, side], self._dtype))
                kernel, stride, border = layer.kernel_size[0], layer.stride[0], int(layer.padding[0])
                channels, side = layer.out_channels, (side + 2 * border - kernel) // stride + 1
        return layers


class _Convolution:
    """A convolution with the ReLU after it, by oneDNN's own calls: torch's compiler uses them for frozen graphs."""

    def __init__(self, layer: nn.Conv2d, shape: list[int], dtype: torch.dtype) -> None:
        """
        Args:
            layer: the convolution.
            shape: shape of the input, [N, C, H, W].
            dtype: number format of the computation.
        """
        self._geometry = (list(layer.padding), list(layer.stride), [1, 1], 1)
        # A copy: without AVX-512 oneDNN may take float32 weights as they lie, and would then see later ones, too.
        weight = layer.weight.detach().to(dtype, copy=True).contiguous()
        self._weight = torch.ops.mkldnn._reorder_convolution_weight(weight, *self._geometry, shape)
        assert layer.bias is not None
        self._bias = layer.bias.detach().to(dtype, copy=True)

    def __call__(self, x: Tensor) -> Tensor:
        out: Tensor = torch.ops.mkldnn._convolution_pointwise(
            x, self._weight, self._bias, *self._geometry, "relu", [], ""
        )
        return out
