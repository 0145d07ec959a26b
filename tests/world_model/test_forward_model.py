import pytest
import torch
from torch import Tensor

from tests.processor import needs_bfloat16
from world_model.forward_model import LEAST_LOG_STD, ForwardModel, State
from world_model.spec import preset_spec

B, T, LATENT, ACTIONS, HIDDEN = 3, 9, 4, 5, 16


@pytest.fixture
def model() -> ForwardModel:
    return ForwardModel(LATENT, ACTIONS, HIDDEN, 5)


def stream() -> tuple[Tensor, Tensor, State]:
    state = torch.randn(B, HIDDEN), torch.randn(B, HIDDEN)
    return torch.randn(B, T, LATENT), torch.randint(0, ACTIONS, (B, T)), state


def firsts(*where: tuple[int, int]) -> Tensor:
    first = torch.zeros(B, T, dtype=torch.bool)
    for b, t in where:
        first[b, t] = True
    return first


RESETS = firsts((0, 0), (0, 4), (1, 4), (1, 5), (2, 8))


@pytest.mark.parametrize("preset", ["small", "seed"])
def test_shapes(preset: str) -> None:
    spec = preset_spec(preset, 10)
    model = ForwardModel(spec.latent, spec.actions, spec.hidden, spec.mixtures)
    z, action, state = torch.randn(2, 3, spec.latent), torch.zeros(2, 3, dtype=torch.int64), model.initial_state(2)
    h = model.unroll(z, action, torch.zeros(2, 3, dtype=torch.bool), state)
    assert h.shape == (2, 3, spec.hidden)
    mixture = model.predict(h)
    assert [field.shape for field in mixture] == [(2, 3, spec.latent, spec.mixtures)] * 3
    assert mixture.expected().shape == z.shape
    assert [s.shape for s in model.step(z[:, 0], action[:, 0], state)] == [(2, spec.hidden)] * 2


def test_episodes_begin_in_the_zero_state(model: ForwardModel) -> None:
    for s in model.initial_state(2):
        assert torch.equal(s, torch.zeros(2, HIDDEN))


@pytest.mark.parametrize("first", [firsts(), RESETS], ids=["no resets", "resets"])
def test_stepping_frame_by_frame_equals_unrolling(model: ForwardModel, first: Tensor) -> None:
    z, action, state = stream()
    unrolled = model.unroll(z, action, first, state)
    for t in range(T):
        keep = ~first[:, t, None]
        state = model.step(z[:, t], action[:, t], (state[0] * keep, state[1] * keep))
        torch.testing.assert_close(unrolled[:, t], state[0], rtol=1e-5, atol=1e-6)


def test_after_an_episode_start_the_state_is_that_of_a_fresh_sequence(model: ForwardModel) -> None:
    z, action, state = stream()
    unrolled = model.unroll(z, action, RESETS, state)
    for b, t in ((0, 0), (0, 4), (1, 5), (2, 8)):
        end = 4 if (b, t) == (0, 0) else T
        fresh = model.unroll(z[b : b + 1, t:end], action[b : b + 1, t:end], firsts()[:1, t:end], model.initial_state(1))
        torch.testing.assert_close(unrolled[b, t:end], fresh[0], rtol=1e-5, atol=1e-6)


def test_without_an_episode_start_the_state_carries_on(model: ForwardModel) -> None:
    z, action, state = stream()
    other = state[0] + 1, state[1]
    with_reset, without = (model.unroll(z, action, first, state) for first in (RESETS, firsts()))
    assert not torch.allclose(with_reset[0, 0], without[0, 0])
    assert not torch.allclose(without, model.unroll(z, action, firsts(), other))
    # Sequence 2 has its reset at the last step: those of the others do not touch it.
    torch.testing.assert_close(with_reset[2, :8], without[2, :8], rtol=1e-5, atol=1e-6)


def test_no_gradient_crosses_an_episode_start(model: ForwardModel) -> None:
    z, action, (h, c) = stream()
    for tensor in (z, h, c):
        tensor.requires_grad_()
    model.unroll(z, action, firsts((0, 4)), (h, c))[:, 4:].sum().backward()
    assert z.grad is not None
    assert h.grad is not None
    assert c.grad is not None
    for gradient in (z.grad[0, :4], h.grad[0], c.grad[0]):
        assert torch.equal(gradient, torch.zeros_like(gradient))
    for gradient in (z.grad[0, 4:], z.grad[1, :4], h.grad[1], c.grad[1]):
        assert gradient.abs().min() > 0


def test_the_action_matters(model: ForwardModel) -> None:
    z, action, state = stream()
    h = model.unroll(z, action, firsts(), state)
    assert not torch.allclose(h, model.unroll(z, (action + 1) % ACTIONS, firsts(), state))


def test_mixture_is_a_distribution_with_bounded_width(model: ForwardModel) -> None:
    mixture = model.predict(1e4 * torch.randn(B, HIDDEN))
    torch.testing.assert_close(mixture.log_weight.exp().sum(-1), torch.ones(B, LATENT))
    assert mixture.log_std.min() == LEAST_LOG_STD
    assert mixture.log_std.max() == 4.0
    expected = torch.einsum("blm,blm->bl", mixture.log_weight.exp(), mixture.mean)
    torch.testing.assert_close(mixture.expected(), expected)


@needs_bfloat16
def test_under_autocast_the_mixture_is_float32_and_near_the_exact_one(model: ForwardModel) -> None:
    z, action, state = stream()
    exact = model.predict(model.unroll(z, action, RESETS, state))
    with torch.autocast("cpu", torch.bfloat16):
        rough = model.predict(model.unroll(z, action, RESETS, state))
    for name, a, b in zip(exact._fields, exact, rough, strict=True):
        assert b.dtype == torch.float32, name
        torch.testing.assert_close(a, b, rtol=0.05, atol=0.05)
