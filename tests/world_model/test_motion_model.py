"""What the motion model is told to predict, and that [z, h] learns to tell it."""

import numpy as np
import pytest
import torch
from torch import Tensor

from world_model.motion_model import STEP_PIXELS, MotionModel

B, T, ACTIONS, AHEAD, FEATURES = 3, 6, 4, 2, 5


class _Told(MotionModel):
    """Predicts what it is told, [B, T - AHEAD, AHEAD, 2]."""

    def __init__(self, displacements: Tensor) -> None:
        super().__init__(FEATURES, ACTIONS, AHEAD)
        self.displacements = displacements

    def forward(self, features: Tensor, actions: Tensor) -> Tensor:
        self.seen = features, actions
        return self.displacements


def _played() -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """z and h that name their time, actions, positions that go 30 px right and 10 px up a step, and no beginnings."""
    times = torch.arange(T + 1.0)
    z, h = times.repeat(B, 1)[..., None].repeat(1, 1, 2), times[1:].repeat(B, 1)[..., None].repeat(1, 1, 3) + 0.5
    actions = (torch.arange(T) % ACTIONS).repeat(B, 1)
    positions = torch.stack([100 + 30 * times, 200 - 10 * times], -1).int().repeat(B, 1, 1)
    return z, h, actions, positions, torch.zeros(B, T + 1, dtype=torch.bool)


def _truth() -> Tensor:
    one = torch.tensor([30.0, -10.0]) / STEP_PIXELS
    return torch.stack([one, 2 * one / 2**0.5]).repeat(B, T - AHEAD, 1, 1)


def test_displacements_are_in_units_that_grow_as_the_root_of_the_steps() -> None:
    assert _Told(_truth()).loss(*_played()) == pytest.approx(0.0, abs=1e-6)
    # Half a unit off in x and in y.
    assert _Told(_truth() + 0.5).loss(*_played()) == pytest.approx(0.5)


def test_it_is_told_z_and_h_of_one_moment_and_the_actions_after_it() -> None:
    model = _Told(_truth())
    model.loss(*_played())
    features, actions = model.seen
    assert features[0, :, 0].tolist() == [1, 2, 3, 4]
    # h after the action that led to that frame.
    assert features[0, :, -1].tolist() == [1.5, 2.5, 3.5, 4.5]
    assert actions[0].tolist() == [[1, 2], [2, 3], [3, 0], [0, 1]]


def test_nothing_is_predicted_across_an_episode_s_end_nor_of_unknown_places() -> None:
    z, h, actions, positions, first = _played()
    wrong = _truth()
    # Frame 3 begins an episode: what leads to it or beyond it does not count.
    first[0, 3] = True
    wrong[0, 0, 1] = wrong[0, 1] = 99.0
    # No place is known in frame 5 of another sequence.
    positions[1, 5] = -1
    wrong[1, 2, 1] = wrong[1, 3, 0] = 99.0
    # Nor where the third one's first prediction is made.
    positions[2, 1] = -1
    wrong[2, 0] = 99.0
    assert _Told(wrong).loss(z, h, actions, positions, first) == pytest.approx(0.0, abs=1e-6)
    wrong[0, 2, 0] += 1.0
    assert _Told(wrong).loss(z, h, actions, positions, first) > 0


def test_without_any_place_the_loss_is_zero_and_pulls_nowhere() -> None:
    z, h, actions, positions, first = _played()
    model = MotionModel(FEATURES, ACTIONS, AHEAD)
    z.requires_grad_()
    loss = model.loss(z, h, actions, torch.full_like(positions, -1), first)
    loss.backward()
    assert loss.item() == 0
    assert z.grad is not None
    assert not z.grad.any()


def test_a_teleport_does_not_outweigh_everything() -> None:
    z, h, actions, positions, first = _played()
    positions[0, 4:] += 30_000
    model = _Told(torch.zeros(B, T - AHEAD, AHEAD, 2))
    assert model.loss(z, h, actions, positions, first) < 50


def test_it_learns_what_the_actions_do() -> None:
    """Each action moves the player in its own way."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    moves = np.array([[20, 0], [-20, 0], [0, 20], [0, -20]])
    actions = rng.integers(0, ACTIONS, (64, T))
    places = np.concatenate([np.full((64, 1, 2), 500), 500 + moves[actions].cumsum(1)], 1)
    z, h = torch.zeros(64, T + 1, 2), torch.zeros(64, T, 3)
    played = z, h, torch.from_numpy(actions), torch.from_numpy(places), torch.zeros(64, T + 1, dtype=torch.bool)
    model = MotionModel(FEATURES, ACTIONS, AHEAD)
    before = model.loss(*played).item()
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(100):
        optimizer.zero_grad()
        model.loss(*played).backward()
        optimizer.step()
    assert model.loss(*played).item() < 0.05 * before
