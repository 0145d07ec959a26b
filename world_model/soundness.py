"""A check that a world model gives usable numbers."""

import torch
from torch import Tensor

from world_model.model import WorldModel

_STEPS = 2


@torch.no_grad()
def is_sound(model: WorldModel) -> bool:
    """Returns False if a parameter, or the networks' output for a test sequence, is not finite.

    Weights can be finite and still too large to be useful, after a step with too high a learning rate. One small
    sequence shows it, in about a thousandth of the time between two published versions. No random numbers are drawn.
    """
    if not all(bool(parameter.isfinite().all()) for parameter in model.parameters()):
        return False
    device = next(model.parameters()).device
    batch = _picture(model, device)
    scores = model.score(batch)
    progress = model.progress_model(scores.z, scores.h)
    guess = model.inverse_model(scores.z[:, :-1], scores.z[:, 1:])
    sums = [part.float().sum() for part in (*scores, progress, guess)]
    return bool(torch.stack(sums).isfinite().all())


def _picture(model: WorldModel, device: torch.device) -> dict[str, Tensor]:
    """Returns a sequence whose frames have every brightness."""
    side, hidden = model.spec.observation_size, model.spec.hidden
    frame = torch.arange(side * side * 3, device=device).remainder(256).to(torch.uint8).view(side, side, 3)
    return {
        "frames": torch.stack([frame, frame.flip(0), frame])[None],
        "first": torch.zeros(1, _STEPS + 1, dtype=torch.bool, device=device),
        "actions": torch.zeros(1, _STEPS, dtype=torch.int64, device=device),
        "state": torch.zeros(1, 2, hidden, device=device),
    }
