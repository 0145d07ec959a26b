import pytest
import torch
from torch import nn

from world_model.upsampling import Upsampling


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize(("kernel", "out", "side"), [(5, 6, 1), (5, 6, 4), (6, 3, 7), (5, 20, 13), (4, 2, 3)])
def test_values_and_gradients_are_those_of_a_transposed_convolution(
    kernel: int, out: int, side: int, memory_format: torch.memory_format
) -> None:
    plain = nn.ConvTranspose2d(8, out, kernel, stride=2).double()
    ours = Upsampling(8, out, kernel).double()
    ours.load_state_dict(plain.state_dict())
    ours.to(memory_format=memory_format)
    x = torch.randn(5, 8, side, side + (side > 1), dtype=torch.float64).to(memory_format=memory_format)
    inputs = x.clone().requires_grad_(), x.clone().requires_grad_()
    expected, y = plain(inputs[0]), ours(inputs[1])
    torch.testing.assert_close(y, expected)
    weight = torch.randn_like(expected)
    (expected * weight).sum().backward()
    (y * weight).sum().backward()
    torch.testing.assert_close(inputs[1].grad, inputs[0].grad)
    for mine, theirs in zip(ours.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad)


def test_gradients_that_nobody_needs_are_not_computed() -> None:
    layer = Upsampling(4, 3, 6)
    layer.bias.requires_grad_(False)  # type: ignore[union-attr]
    layer(torch.randn(2, 4, 5, 5)).sum().backward()
    assert layer.weight.grad is not None
    assert layer.bias.grad is None  # type: ignore[union-attr]


@pytest.mark.parametrize("side", [1, 5])
def test_under_autocast_it_is_bfloat16_with_gradients_in_float32(side: int) -> None:
    layer = Upsampling(16, 8, 5)
    x = torch.randn(2, 16, side, side)
    with torch.autocast("cpu", torch.bfloat16):
        y = layer(x)
    assert y.dtype == torch.bfloat16
    torch.testing.assert_close(y.float(), layer(x), rtol=0.05, atol=0.05)
    y.sum().backward()
    assert layer.weight.grad is not None
    assert layer.weight.grad.dtype == torch.float32
