import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.distributions import Categorical, MixtureSameFamily, Normal, kl_divergence

from world_model import losses
from world_model.forward_model import LEAST_LOG_STD, Mixture

B, T, LATENT, MIXTURES = 2, 3, 4, 5
seeds = st.integers(0, 2**32 - 1)
extreme = st.floats(-1e12, 1e12)


def uniform(generator: torch.Generator, low: float, high: float, *shape: int) -> Tensor:
    return low + (high - low) * torch.rand(*shape, generator=generator)


def random_mixture(generator: torch.Generator, logits: float = 5.0, means: float = 3.0) -> Mixture:
    shape = (B, T, LATENT, MIXTURES)
    return Mixture(
        uniform(generator, -logits, logits, *shape).log_softmax(-1),
        uniform(generator, -means, means, *shape),
        uniform(generator, LEAST_LOG_STD, 4.0, *shape),
    )


@given(seeds)
def test_mdn_loss_is_the_negative_log_likelihood_of_the_mixture(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    mixture, z = random_mixture(generator), uniform(generator, -3, 3, B, T, LATENT)
    weight, mean, log_std = (field.double() for field in mixture)
    reference = MixtureSameFamily(Categorical(logits=weight), Normal(mean, log_std.exp()))
    expected = -reference.log_prob(z.double()).sum(-1)
    torch.testing.assert_close(losses.mdn_loss(mixture, z).double(), expected, rtol=1e-4, atol=1e-4)


@given(seeds)
def test_mdn_loss_is_never_below_its_bound(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    mixture = random_mixture(generator)
    # At the mean of a component, and with all of them there, the density is highest.
    for means in (mixture.mean, torch.zeros_like(mixture.mean)):
        loss = losses.mdn_loss(mixture._replace(mean=means), means[..., 0])
        assert (loss >= LATENT * losses.LEAST_MDN_LOSS - 1e-4).all()


def test_mdn_loss_reaches_its_bound() -> None:
    zeros = torch.zeros(1, 1, LATENT, MIXTURES)
    mixture = Mixture(zeros.log_softmax(-1), zeros, zeros + LEAST_LOG_STD)
    loss = losses.mdn_loss(mixture, torch.zeros(1, 1, LATENT)).item()
    assert loss == pytest.approx(LATENT * losses.LEAST_MDN_LOSS, abs=1e-4)


@given(seeds)
def test_kl_loss_is_that_of_two_normals(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    mean, logvar = uniform(generator, -5, 5, 6, LATENT), uniform(generator, -10, 4, 6, LATENT)
    expected = kl_divergence(Normal(mean.double(), (logvar.double() / 2).exp()), Normal(0.0, 1.0)).sum(-1)
    torch.testing.assert_close(losses.kl_loss(mean, logvar).double(), expected, rtol=1e-4, atol=1e-4)


def test_kl_loss_of_the_prior_is_zero() -> None:
    assert losses.kl_loss(torch.zeros(1, 8), torch.zeros(1, 8)).item() == 0


def test_reconstruction_loss_sums_squares_over_the_pixels_of_each_frame() -> None:
    generator = np.random.default_rng(0)
    predicted, x = generator.random((2, 5, 3, 8, 8)).astype(np.float32)
    expected = [float(((p - q) ** 2).sum()) for p, q in zip(predicted, x, strict=True)]
    loss = losses.reconstruction_loss(torch.from_numpy(predicted), torch.from_numpy(x))
    assert loss.tolist() == pytest.approx(expected, rel=1e-5)


def test_inverse_loss_is_minus_the_log_probability_of_the_action() -> None:
    logits, action = torch.randn(B, T, 7), torch.randint(0, 7, (B, T))
    loss = losses.inverse_loss(logits, action)
    for b in range(B):
        for t in range(T):
            expected = -Categorical(logits=logits[b, t]).log_prob(action[b, t])
            assert loss[b, t].item() == pytest.approx(expected.item(), abs=1e-5)


def test_prediction_error_is_the_mean_squared_error_of_the_mixtures_mean() -> None:
    mixture = random_mixture(torch.Generator().manual_seed(0))
    next_mean = torch.randn(B, T, LATENT)
    mean = (mixture.log_weight.exp() * mixture.mean).sum(-1).numpy()
    expected = ((mean - next_mean.numpy()) ** 2).mean(-1)
    np.testing.assert_allclose(losses.prediction_error(mixture, next_mean).numpy(), expected, rtol=1e-5)


def test_masked_mean_counts_only_what_the_mask_shows() -> None:
    values = torch.tensor([[1.0, 2.0, 30.0], [4.0, 50.0, 60.0]])
    mask = torch.tensor([[True, True, False], [True, False, False]])
    assert losses.masked_mean(values, mask).item() == pytest.approx(7 / 3)
    assert losses.masked_mean(values, torch.zeros_like(mask)).item() == 0


def test_masked_mean_is_deaf_to_infinities_under_the_mask() -> None:
    values = torch.tensor([[1.0, torch.inf, torch.nan]], requires_grad=True)
    mean = losses.masked_mean(values, torch.tensor([[True, False, False]]))
    mean.backward()
    assert mean.item() == 1.0
    assert values.grad is not None
    assert values.grad.tolist() == [[1.0, 0.0, 0.0]]


@given(z=extreme, mean=extreme, logit=extreme, log_std=st.floats(LEAST_LOG_STD, 4.0))
def test_mdn_loss_and_its_gradients_are_finite(z: float, mean: float, logit: float, log_std: float) -> None:
    shape = (1, 1, LATENT, MIXTURES)
    means = torch.full(shape, mean)
    means[..., 0] = 0.0
    logits = torch.zeros(shape)
    logits[..., 0] = logit
    inputs = [t.requires_grad_() for t in (logits, means, torch.full(shape, log_std), torch.full((1, 1, LATENT), z))]
    mixture = Mixture(inputs[0].log_softmax(-1), inputs[1], inputs[2])
    loss = losses.mdn_loss(mixture, inputs[3]).sum()
    loss.backward()
    assert loss.isfinite()
    assert all(t.grad is not None and t.grad.isfinite().all() for t in inputs)


@given(mean=extreme, logvar=st.floats(-10, 4))
def test_kl_loss_is_finite_and_not_below_zero(mean: float, logvar: float) -> None:
    loss = losses.kl_loss(torch.full((1, LATENT), mean), torch.full((1, LATENT), logvar))
    assert loss.isfinite().all()
    assert loss.item() >= -1e-4


@given(st.lists(st.floats(-1e30, 1e30), min_size=4, max_size=4), st.integers(0, 3))
def test_inverse_loss_is_finite(logits: list[float], action: int) -> None:
    assert losses.inverse_loss(torch.tensor([[logits]]), torch.tensor([[action]])).isfinite().all()
