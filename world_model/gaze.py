"""Gaze: V looks where the player is.

A small network finds the player in the frame, and the frame is shifted so that the player is in its middle. What
matters to a player, such as a wall two steps ahead, is then always in the same place of what V encodes, wherever the
game's camera is. The network learns from the player's place on the screen, which games tell while it trains
(`Sequences.places`), and V and the policy learn from frames that were shifted by that place; to play, frames are
enough. Until the network has learned anything it finds the player in the middle, and frames stay as they are: for ever,
in games that do not tell.
"""

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from world_model.losses import masked_mean

GRID, INPUT = 16, 64
"""Cells in a row of the grid, and the side in pixels of the frames that the network sees."""
_OFFSET_WEIGHT = 4.0
_HALF_WIDTH, _HALF_HEIGHT = 4.5 / 64, 5.5 / 64
"""Of the box about the player's place that keeps its colours when a frame is recoloured, as fractions of the frame."""
_RECOLOURED = 0.25
"""Share of the frames that `recoloured` changes."""


class Finder(nn.Module):
    """Finds the player: the probability of each cell of a grid, and the place within it."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(3, 16, 8, 4, 2),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, 1, 1),
            nn.ReLU(),
            nn.Conv2d(32, 32, 3, 1, 1),
            nn.ReLU(),
        )
        self.head = nn.Conv2d(32, 3, 1)
        # All cells are equally likely: the player is in the middle.
        nn.init.zeros_(self.head.weight)
        assert self.head.bias is not None
        nn.init.zeros_(self.head.bias)

    @property
    def has_learned(self) -> bool:
        """Whether it has learned anything; if not, it finds the player in the middle of every frame."""
        return bool(self.head.weight.any())

    def forward(self, x: Tensor) -> Tensor:
        """Computes, of frames float [N, 3, S, S], each cell's logit and offsets x and y: [N, 3, GRID, GRID]."""
        return self.cells(self.net(self.reduced(x)))

    def reduced(self, x: Tensor) -> Tensor:
        """Reduces frames float [N, 3, S, S] to the input of `net`, [N, 3, 64, 64]."""
        return F.avg_pool2d(x, x.shape[-1] // INPUT) if x.shape[-1] > INPUT else x

    def cells(self, features: Tensor) -> Tensor:
        """Computes the output of `forward` from that of `net`."""
        cells: Tensor = self.head(features)
        return cells.float()

    def places(self, x: Tensor) -> Tensor:
        """Finds the player in frames float [N, 3, S, S]: its x and y as fractions of the frame, float [N, 2]."""
        return expected_places(self(x))

    def loss(self, x: Tensor, places: Tensor) -> Tensor:
        """Returns the cross-entropy of the player's cell and the squared error within it, a scalar; 0 if none is known.

        Args:
            x: frames, float [N, 3, S, S].
            places: the player's x and y as fractions of the screen, float [N, 2]; not counted where the player is out
                of the screen, or where they are nan.
        """
        cells = self(x)
        seen = ((places >= 0) & (places < 1)).all(-1)
        at = places.where(seen[:, None], 0.0) * GRID
        column, row = at.long().unbind(-1)
        likelihood = F.cross_entropy(cells[:, 0].flatten(1), row * GRID + column, reduction="none")
        offsets = cells[torch.arange(len(x), device=x.device), 1:, row, column]
        errors = (offsets - (at - at.floor() - 0.5)).square().sum(-1)
        return masked_mean(likelihood + _OFFSET_WEIGHT * errors, seen)


def recoloured(x: Tensor, places: Tensor) -> Tensor:
    """Changes the colours of a share of the frames, each in its own way, but not near the player.

    A finder that learns from such frames is to know the player, not what is around it (domain randomization: Tobin and
    others, arXiv 1703.06907). `benchmarks.finder` measures what comes of it.

    Args:
        x: frames, float [N, 3, S, S] in [0, 1].
        places: the player's x and y as fractions of the frame, float [N, 2]; nan, if not known.
    """
    n, side = len(x), x.shape[-1]
    draw = partial(torch.rand, device=x.device)
    # Channels are permuted and mixed; a quarter of the frames are negatives.
    mixed = torch.eye(3, device=x.device)[draw(n, 3).argsort(1)] + 0.4 * draw(n, 3, 3)
    mixed = mixed / mixed.sum(-1, keepdim=True)
    sign = 1 - 2 * (draw(n, 1, 1) < 0.25).float()
    gain, bias = 0.2 + 1.1 * draw(n, 3, 1), -0.1 + 0.35 * draw(n, 3, 1)
    # gain x (mixed x, or 1 - mixed x) + bias
    changed = torch.baddbmm(gain * (1 - sign) / 2 + bias, gain * sign * mixed, x.flatten(2)).clamp(0, 1)
    middles = (torch.arange(side, device=x.device) + 0.5) / side
    across = (middles - places[:, :1]).abs() < _HALF_WIDTH
    down = (middles - places[:, 1:]).abs() < _HALF_HEIGHT
    kept = (down[:, :, None] & across[:, None, :])[:, None] | (draw(n, 1, 1, 1) >= _RECOLOURED)
    return torch.where(kept, x, changed.view_as(x))


def expected_places(cells: Tensor) -> Tensor:
    """Returns the expectation of the player's x and y as fractions of the frame, float [N, 2], by a Finder's output."""
    chances = cells[:, 0].flatten(1).softmax(-1)
    middles = (torch.arange(GRID, device=cells.device) + 0.5).expand(GRID, GRID)
    at = torch.stack([middles + cells[:, 1], middles.T + cells[:, 2]], -1).flatten(1, 2) / GRID
    return (chances[..., None] * at).sum(1)


def centred(frames: Tensor, places: Tensor) -> Tensor:
    """Shifts frames by whole pixels, so that a place of each is in its middle; what was out of the frame is black.

    Args:
        frames: uint8 [N, S, S, 3].
        places: x and y as fractions of the frame, float [N, 2].
    """
    n, side = frames.shape[:2]
    half = side // 2
    column, row = (places.clamp(0, 1) * side).round().long().unbind(-1)
    padded = F.pad(frames, (0, 0, half, half, half, half))
    # Each row of the result is `side` pixels in a row of the padded frames.
    width = 2 * side
    windows = padded.view(-1).as_strided((n * width * width - side + 1, 3 * side), (3, 1))
    top = torch.arange(n, device=frames.device) * width + row
    begins = (top[:, None] + torch.arange(side, device=frames.device)) * width + column[:, None]
    return windows[begins.flatten()].view(n, side, side, 3)
