import pytest
import torch

from world_model.light_vae import LightVAE


@pytest.mark.parametrize("size", [64, 128])
@pytest.mark.parametrize("latent", [64, 128, 256])
def test_shapes(size: int, latent: int) -> None:
    vae = LightVAE(size, latent)
    x = torch.rand(3, 3, size, size)
    mean, logvar = vae.encode(x)
    assert mean.shape == logvar.shape == (3, latent)
    pixels = vae.decode(mean).detach()
    assert pixels.shape == x.shape
    assert 0 <= float(pixels.min()) <= float(pixels.max()) <= 1


def test_what_is_seen_at_a_place_is_told_at_that_place() -> None:
    torch.manual_seed(0)
    vae = LightVAE(64, 128).eval()
    x = torch.rand(1, 3, 64, 64)
    other = x.clone()
    # The lower right corner.
    other[..., 56:, 56:] = 1 - other[..., 56:, 56:]
    with torch.no_grad():
        changed = (vae.encode(x)[0] != vae.encode(other)[0]).view(2, 8, 8)
        redrawn = (vae.decode(vae.encode(x)[0]) != vae.decode(vae.encode(other)[0]))[0].any(0)
    assert changed[:, 7, 7].all()
    assert not changed[:, :4].any()
    assert not changed[:, :, :4].any()
    assert redrawn[56:, 56:].all()
    assert not redrawn[:8].any()


@pytest.mark.parametrize(("size", "latent", "message"), [(96, 128, "frame size 96"), (64, 100, "latent 100")])
def test_other_sizes_are_refused(size: int, latent: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LightVAE(size, latent)
