import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.processor import needs_bfloat16
from world_model import losses
from world_model.forward_model import ForwardModel
from world_model.model import LEAST_SURPRISE, Losses, Scores, WorldModel, learning_progress
from world_model.spec import WorldModelSpec, preset_spec
from world_model.vae import images

Batch = dict[str, Tensor]
TINY = WorldModelSpec(actions=4, latent=4, hidden=8, inverse_hidden=8)
MOVES = torch.tensor([[0, 0], [0, 8], [8, 0], [0, -8]])


def random_batch(spec: WorldModelSpec, b: int, t: int) -> Batch:
    size = spec.observation_size
    return {
        "frames": torch.randint(0, 256, (b, t + 1, size, size, 3), dtype=torch.uint8),
        "first": torch.zeros(b, t + 1, dtype=torch.bool),
        "actions": torch.randint(0, spec.actions, (b, t)),
        "state": torch.randn(b, 2, spec.hidden),
        "places": torch.full((b, t + 1, 2), torch.nan),
    }


def moving_square(b: int, t: int, hidden: int) -> Batch:
    """A bright square of 16 pixels on a dark screen that wraps around; the action says where it goes."""
    actions = torch.randint(0, len(MOVES), (b, t))
    frames = torch.full((b, t + 1, 64, 64, 3), 20, dtype=torch.uint8)
    for i in range(b):
        place = torch.randint(0, 8, (2,)) * 8
        for j in range(t + 1):
            rows, columns = ((p + torch.arange(16)) % 64 for p in place)
            frames[i, j, rows[:, None], columns[None, :]] = 230
            if j < t:
                place = place + MOVES[actions[i, j]]
    first = torch.zeros(b, t + 1, dtype=torch.bool)
    first[:, 0] = True
    return {"frames": frames, "first": first, "actions": actions, "state": torch.zeros(b, 2, hidden)}


def joint(parts: Losses) -> Tensor:
    return parts.reconstruction + parts.kl + parts.mdn + parts.inverse


@pytest.mark.parametrize("preset", ["light", "small", "seed"])
def test_losses_are_finite_scalars_and_scores_have_their_shapes(preset: str) -> None:
    spec = preset_spec(preset, 10)
    model, batch = WorldModel(spec), random_batch(spec, 2, 3)
    for name, loss in model.losses(batch)._asdict().items():
        assert loss.shape == (), name
        assert loss.isfinite(), name
    scores = model.score(batch)
    assert scores.surprise.shape == (2, 3)
    assert scores.z.shape == (2, 3, spec.latent)
    assert scores.h.shape == (2, 3, spec.hidden)


def test_convolutions_are_channels_last() -> None:
    for module in WorldModel(TINY).vae.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.ConvTranspose2d):
            assert module.weight.is_contiguous(memory_format=torch.channels_last)


ENCODER = {"vae.encoder", "vae.posterior"}
DECODER = {"vae.expand", "vae.decoder"}
M = {"forward_model.lstm", "forward_model.output"}


@pytest.mark.parametrize(
    ("part", "reached"),
    [
        ("reconstruction", ENCODER | DECODER),
        ("kl", ENCODER),
        ("mdn", ENCODER | M),
        ("inverse", ENCODER | {"inverse_model.net"}),
    ],
)
def test_each_loss_reaches_exactly_the_parameters_it_should(part: str, reached: set[str]) -> None:
    model = WorldModel(TINY)
    getattr(model.losses(random_batch(TINY, 4, 5)), part).backward()
    for name, parameter in model.named_parameters():
        moved = parameter.grad is not None and bool(parameter.grad.abs().sum() > 0)
        assert moved == (".".join(name.split(".")[:2]) in reached), name


def _reached_latents(part: str) -> list[bool]:
    """Whether a loss reaches V's latents before and after the one action."""
    model, batch = WorldModel(TINY), random_batch(TINY, 1, 1)
    latents: list[Tensor] = []
    sample = model.vae.sample

    def keep(mean: Tensor, logvar: Tensor) -> Tensor:
        latents.append(sample(mean, logvar))
        latents[0].retain_grad()
        return latents[0]

    model.vae.sample = keep  # type: ignore[method-assign]
    getattr(model.losses(batch), part).backward()
    assert latents[0].grad is not None
    return (latents[0].grad.abs().sum(-1) > 0)[0].tolist()


def test_mdn_loss_reaches_v_through_the_latent_that_m_reads_alone() -> None:
    # Through the one that is to be predicted it would pay V for being bland.
    assert _reached_latents("mdn") == [True, False]


def test_inverse_loss_reaches_v_through_both_latents() -> None:
    assert _reached_latents("inverse") == [True, True]


def test_moving_pixels_count_more() -> None:
    model, batch = WorldModel(TINY), random_batch(TINY, 2, 3)
    batch["frames"][:, 1:] = batch["frames"][:, :1]

    def reconstruction(weight: float) -> float:
        torch.manual_seed(1)
        return model.losses(batch, moving_weight=weight).reconstruction.item()

    assert reconstruction(10.0) == reconstruction(0.0)
    batch["frames"][:, 2, :32] = 255 - batch["frames"][:, 2, :32]
    assert reconstruction(10.0) > 1.5 * reconstruction(0.0)
    # A frame that begins an episode moves nowhere.
    batch["first"][:, 2:] = True
    assert reconstruction(10.0) == reconstruction(0.0)


def test_the_joint_loss_of_one_batch_falls_far() -> None:
    spec = WorldModelSpec(actions=len(MOVES), latent=16, hidden=64)
    model, batch = WorldModel(spec), moving_square(2, 5, spec.hidden)
    optimiser = torch.optim.Adam([p for n, p in model.named_parameters() if "progress" not in n], lr=1e-3)
    values = []
    for _ in range(100):
        loss = joint(model.losses(batch))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        values.append(loss.item())
    # Screens without a square, the easiest thing to learn, would stop at a third.
    assert np.mean(values[-5:]) < 0.25 * values[0]


def test_the_inverse_model_learns_to_tell_the_action_and_does_so_on_other_sequences() -> None:
    spec = WorldModelSpec(actions=len(MOVES), latent=16, hidden=64)
    model, batch, other = WorldModel(spec), moving_square(48, 8, spec.hidden), moving_square(8, 8, spec.hidden)
    optimiser = torch.optim.Adam([*model.vae.parameters(), *model.inverse_model.parameters()], lr=1e-3)
    for step in range(100):
        part = slice(8 * step % 48, 8 * step % 48 + 8)
        loss = model.losses({name: array[part] for name, array in batch.items()}).inverse
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    def share_told(batch: Batch) -> float:
        with torch.no_grad():
            z = model.encode(batch["frames"]).mean
            logits = model.inverse_model(z[:, :-1], z[:, 1:])
        return (logits.argmax(-1) == batch["actions"]).float().mean().item()

    assert share_told(batch) > 0.9
    assert share_told(other) > 0.6


def train_m(model: ForwardModel, stream: Callable[[], tuple[Tensor, Tensor]], updates: int) -> tuple[float, float]:
    """M's loss on a stream before and after training on it, on data that it was not trained on."""

    def loss() -> Tensor:
        z, action = stream()
        first = torch.zeros(z.shape[:2], dtype=torch.bool)
        h = model.unroll(z[:, :-1], action, first[:, :-1], model.initial_state(len(z)))
        return losses.mdn_loss(model.predict(h), z[:, 1:]).mean()

    def measured() -> float:
        with torch.no_grad():
            return float(np.mean([loss().item() for _ in range(20)]))

    before = measured()
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(updates):
        optimiser.zero_grad()
        loss().backward()
        optimiser.step()
    return before, measured()


def test_m_learns_random_frames_down_to_the_noise_of_their_latents_and_no_further() -> None:
    vae, m = WorldModel(TINY).vae, ForwardModel(4, 3, 32, 5)
    torch.nn.init.constant_(vae.posterior.bias[:4], 2.0)
    torch.nn.init.constant_(vae.posterior.bias[4:], -2.0)
    with torch.no_grad():
        mean, logvar = vae.encode(images(torch.randint(0, 256, (200, 64, 64, 3), dtype=torch.uint8)))

    def noise() -> tuple[Tensor, Tensor]:
        index = torch.randint(0, len(mean), (16 * 11,))
        return vae.sample(mean[index], logvar[index]).view(16, 11, 4), torch.randint(0, 3, (16, 10))

    # No prediction beats one that knows the posterior of the next frame.
    floor = float((0.5 * (1 + math.log(2 * math.pi) + logvar)).sum(-1).mean())
    before, after = train_m(m, noise, 200)
    assert before > floor + 3
    assert floor - 0.1 < after < floor + 0.2


def test_m_learns_what_actions_do() -> None:
    turns = torch.linalg.qr(torch.randn(3, 4, 4)).Q

    def turning() -> tuple[Tensor, Tensor]:
        z, action = [torch.randn(16, 4)], torch.randint(0, 3, (16, 10))
        for t in range(10):
            z.append(torch.einsum("nij,nj->ni", turns[action[:, t]], z[-1]))
        return torch.stack(z, 1), action

    entropy_of_z = 4 * 0.5 * math.log(2 * math.pi * math.e)
    _, after = train_m(ForwardModel(4, 3, 64, 5), turning, 300)
    assert after < entropy_of_z - 2


def test_losses_and_scores_after_an_episode_start_are_those_of_a_fresh_sequence() -> None:
    model, batch = WorldModel(TINY), random_batch(TINY, 2, 6)
    batch["first"][:, 3] = True
    fresh = {name: array[:, 3:].clone() for name, array in batch.items() if name != "state"}
    fresh["state"] = torch.zeros(2, 2, TINY.hidden)
    fresh["first"][:, 0] = False
    whole, part = model.score(batch), model.score(fresh)
    for name in Scores._fields:
        torch.testing.assert_close(getattr(whole, name)[:, 3:], getattr(part, name), rtol=1e-4, atol=1e-4)


def test_the_step_that_is_a_reset_counts_in_no_loss() -> None:
    model, batch = WorldModel(TINY), random_batch(TINY, 2, 4)
    batch["first"][:, 3] = True

    def seeded(batch: Batch) -> Losses:
        torch.manual_seed(1)
        return model.losses(batch)

    before = seeded(batch)
    batch["actions"][:, 2] = (batch["actions"][:, 2] + 1) % TINY.actions
    assert seeded(batch) == before
    batch["actions"][:, 1] = (batch["actions"][:, 1] + 1) % TINY.actions
    assert seeded(batch).mdn != before.mdn


def test_sequences_of_nothing_but_resets_have_no_transition_to_learn() -> None:
    model, batch = WorldModel(TINY), random_batch(TINY, 2, 4)
    batch["first"][:] = True
    parts = model.losses(batch)
    assert parts.mdn.item() == parts.inverse.item() == 0
    joint(parts).backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())


def test_m_begins_in_the_actors_state() -> None:
    model, batch = WorldModel(TINY), random_batch(TINY, 2, 4)
    h = model.score(batch).h
    for i in (0, 1):
        other = batch["state"].clone()
        other[:, i] += 1
        assert not torch.allclose(model.score(batch | {"state": other}).h, h)


def test_surprise_is_the_joint_loss_at_the_posterior_mean() -> None:
    model, batch = WorldModel(TINY), random_batch(TINY, 2, 4)
    scores = model.score(batch)
    assert not scores.surprise.requires_grad
    assert torch.equal(scores.surprise, model.score(batch).surprise)
    with torch.no_grad():
        for b in range(2):
            x = images(batch["frames"][b])
            z, logvar = model.vae.encode(x)
            state = batch["state"][b, 0][None], batch["state"][b, 1][None]
            for t in range(4):
                state = model.forward_model.step(z[t : t + 1], batch["actions"][b, t : t + 1], state)
                n = slice(t + 1, t + 2)
                expected = (
                    losses.reconstruction_loss(model.vae.decode(z[n]), x[n])
                    + losses.kl_loss(z[n], logvar[n])
                    + losses.mdn_loss(model.forward_model.predict(state[0]), z[n])
                    - TINY.latent * losses.LEAST_MDN_LOSS
                )
                torch.testing.assert_close(scores.surprise[b, t], expected[0], rtol=1e-4, atol=1e-3)


def test_a_version_that_predicts_perfectly_has_finite_progress() -> None:
    model, batch = WorldModel(TINY), random_batch(TINY, 1, 2)
    batch["frames"][:] = 0
    for parameter in model.parameters():
        torch.nn.init.zeros_(parameter)
    # Black screens decoded as black, encoded as the prior's mean and predicted as narrowly as M can.
    torch.nn.init.constant_(model.vae.decoder[-2].bias, -1e4)
    torch.nn.init.constant_(model.forward_model.output.bias.view(TINY.latent, 3, -1)[:, 2], -10.0)
    scores = model.score(batch)
    assert (scores.surprise == LEAST_SURPRISE).all()
    assert learning_progress(scores, scores).isfinite().all()


def test_learning_progress_is_above_zero_where_the_newest_version_is_less_surprised() -> None:
    def scores(*surprise: float) -> Scores:
        return Scores(torch.tensor([surprise]), torch.empty(0), torch.empty(0))

    progress = learning_progress(newest=scores(1.0, 3.0, 8.0), lagged=scores(2.0, 3.0, 4.0))
    assert progress[0].tolist() == pytest.approx([math.log(2), 0.0, -math.log(2)])


@needs_bfloat16
def test_under_autocast_losses_are_float32_and_near_the_exact_ones() -> None:
    spec = preset_spec("small", 4)
    model, batch = WorldModel(spec), random_batch(spec, 4, 6)
    batch["first"][1, 3] = True
    torch.manual_seed(1)
    exact = model.losses(batch)
    torch.manual_seed(1)
    with torch.autocast("cpu", torch.bfloat16):
        rough = model.losses(batch)
    for name, a, b in zip(exact._fields, exact, rough, strict=True):
        assert b.dtype == torch.float32, name
        torch.testing.assert_close(a, b, rtol=0.05, atol=0.05)
    joint(rough).backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())


def test_an_encoding_that_is_given_changes_nothing() -> None:
    model, batch = WorldModel(TINY), random_batch(TINY, 4, 3)
    encoding = model.encode(batch["frames"])
    torch.manual_seed(0)
    without = model.losses(batch)
    torch.manual_seed(0)
    for given, own in zip(model.losses(batch, encoding), without, strict=True):
        assert torch.equal(given, own)
    half = {name: array[:2] for name, array in batch.items()}
    for given, own in zip(model.score(half, encoding.head(2)), model.score(half), strict=True):
        torch.testing.assert_close(given, own)
