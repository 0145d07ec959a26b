import pytest
import torch

from world_model.spec import preset_spec
from world_model.vae import VAE, images


@pytest.mark.parametrize("size", [64, 128])
@pytest.mark.parametrize("preset", ["small", "seed"])
def test_shapes(size: int, preset: str) -> None:
    latent = preset_spec(preset, 10).latent
    vae = VAE(size, latent)
    x = torch.rand(2, 3, size, size)
    mean, logvar = vae.encode(x)
    assert mean.shape == logvar.shape == (2, latent)
    assert vae.sample(mean, logvar).shape == (2, latent)
    out = vae.decode(mean)
    assert out.shape == x.shape
    assert 0 <= out.min() < out.max() <= 1


def test_a_size_that_it_has_no_layers_for_is_named() -> None:
    with pytest.raises(ValueError, match=r"96 is not one of \[64, 128\]"):
        VAE(96, 32)


def test_images_are_scaled_to_one_and_channels_come_first() -> None:
    frames = torch.zeros(2, 3, 64, 64, 3, dtype=torch.uint8)
    frames[1, 2, 5, 7] = torch.tensor([255, 51, 0], dtype=torch.uint8)
    x = images(frames)
    assert x.shape == (6, 3, 64, 64)
    assert x.dtype == torch.float32
    assert x[5, :, 5, 7].tolist() == pytest.approx([1.0, 0.2, 0.0])
    assert x.sum().item() == pytest.approx(1.2)
    assert x.is_contiguous(memory_format=torch.channels_last)
    assert frames[1, 2, 5, 7].tolist() == [255, 51, 0]


def test_samples_have_the_mean_and_a_standard_deviation_of_exp_half_logvar() -> None:
    mean, logvar = torch.tensor([3.0, -1.0, 0.0]), torch.tensor([-4.0, 0.0, 1.5])
    z = VAE(64, 3).sample(mean.expand(200_000, 3), logvar.expand(200_000, 3))
    assert z.mean(0).tolist() == pytest.approx(mean.tolist(), abs=0.02)
    assert z.std(0).tolist() == pytest.approx([0.1353, 1.0, 2.117], rel=0.02)


@pytest.mark.parametrize("bias", [-1e6, 1e6])
def test_log_variance_is_bounded_so_that_samples_are_finite(bias: float) -> None:
    vae = VAE(64, 4)
    torch.nn.init.constant_(vae.posterior.bias[4:], bias)
    mean, logvar = vae.encode(torch.rand(2, 3, 64, 64))
    assert (logvar == (-10.0 if bias < 0 else 4.0)).all()
    assert vae.sample(mean, logvar).isfinite().all()
