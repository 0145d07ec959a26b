"""A policy network of your own: residual layers with layer norm.

PYTHONPATH=examples sonic-worlds train --policy.network own_network:Residual --emulator native --levels Garden
"""

from torch import Tensor, nn

_WIDTH, _BLOCKS = 256, 2


class _Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.LayerNorm(_WIDTH), nn.Linear(_WIDTH, _WIDTH), nn.GELU())

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


class Residual(nn.Sequential):
    """Maps float [N, inputs] to [N, outputs]; made twice, for the actions' logits and for the value (1 output)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        last = nn.Linear(_WIDTH, outputs)
        # Nearly even odds, and values near 0, at first.
        nn.init.orthogonal_(last.weight, 0.01)
        nn.init.zeros_(last.bias)
        super().__init__(nn.Linear(inputs, _WIDTH), *(_Block() for _ in range(_BLOCKS)), last)
