"""Transposed convolutions of stride 2, computed by operations that are fast on CPUs."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Upsampling(nn.ConvTranspose2d):
    """A replacement of ConvTranspose2d(in, out, kernel, stride=2) with equal parameters, results and gradients.

    oneDNN runs at a tenth of its speed where the input is one pixel, the kernel's side is odd or the output has few
    channels, which is three of V's four layers. GPUs have no such gap: there it is the plain layer.
    """

    def __init__(self, channels: int, out: int, kernel: int) -> None:
        super().__init__(channels, out, kernel, stride=2)

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """Maps [N, in, H, W] to [N, out, 2 H - 2 + kernel, 2 W - 2 + kernel], channels last."""
        if x.device.type != "cpu":
            return super().forward(x, output_size)
        assert self.bias is not None
        if x.shape[-2:] == (1, 1):
            return _from_one_pixel(x, self.weight, self.bias)
        dtype = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else self.weight.dtype
        return _TransposedConvolution.apply(x.to(dtype), self.weight.to(dtype), self.bias.to(dtype))


def _from_one_pixel(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Upsamples one pixel by a matrix product, whose matrix the weights are in channels-last order."""
    channels, out, kernel, _ = weight.shape
    matrix = weight.permute(0, 2, 3, 1).reshape(channels, kernel * kernel * out)
    y = torch.addmm(bias.repeat(kernel * kernel), x.flatten(1), matrix)
    return y.view(-1, kernel, kernel, out).permute(0, 3, 1, 2)


class _TransposedConvolution(torch.autograd.Function):
    """Autograd function: forward as a sub-pixel convolution, backward as in torch, except for the bias."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return _sub_pixel(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        (grad,), (x, weight) = grads, ctx.saved_tensors
        of_x, of_weight, of_bias = ctx.needs_input_grad
        # With the bias's gradient among them oneDNN takes half as long again for the weights'.
        wanted = [of_x, of_weight, False]
        by_x, by_weight, _ = torch.ops.aten.convolution_backward(
            grad, x, weight, None, [2, 2], [0, 0], [1, 1], True, [0, 0], 1, wanted
        )
        return by_x, by_weight, grad.sum((0, 2, 3)) if of_bias else None


def _sub_pixel(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Convolves with stride 1 to four times the channels, one set for each pixel of 2 x 2 (arXiv 1609.07009)."""
    channels, out, kernel, _ = weight.shape
    half = (kernel + 1) // 2
    # An odd kernel gets a row and a column of zeros, and the output one of each too many.
    odd = kernel % 2
    taps = F.pad(weight, (0, odd, 0, odd)).view(channels, out, half, 2, half, 2).flip(2, 4)
    quarter = taps.permute(3, 5, 1, 0, 2, 4).reshape(4 * out, channels, half, half)
    y = F.conv2d(x, quarter.contiguous(memory_format=torch.channels_last), bias.repeat(4), padding=half - 1)
    n, _, height, width = y.shape
    pixels = y.permute(0, 2, 3, 1).reshape(n, height, width, 2, 2, out).transpose(2, 3)
    pixels = pixels.reshape(n, 2 * height, 2 * width, out)
    return pixels[:, : 2 * height - odd, : 2 * width - odd].permute(0, 3, 1, 2)
