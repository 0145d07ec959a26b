import pytest
import torch

from tests.processor import needs_bfloat16
from world_model import frozen_encoder
from world_model.frozen_encoder import FrozenEncoder
from world_model.model import WorldModel
from world_model.precision import autocast
from world_model.spec import WorldModelSpec
from world_model.vae import images
from world_model.weights import get_weights, set_weights


def _model(size: int) -> WorldModel:
    return WorldModel(WorldModelSpec(actions=4, observation_size=size, latent=8, hidden=8)).eval()


def _frames(size: int) -> torch.Tensor:
    return torch.randint(0, 256, (5, size, size, 3), dtype=torch.uint8)


@pytest.mark.parametrize("size", [64, 128])
@torch.inference_mode()
def test_in_float32_its_means_are_v_s_bit_for_bit(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frozen_encoder, "bf16_is_faster", lambda device: False)
    model, frames = _model(size), _frames(size)
    assert torch.equal(FrozenEncoder(model, 5, "cpu")(frames), model.vae.encode(images(frames))[0])


@needs_bfloat16
@torch.inference_mode()
def test_in_bfloat16_its_means_are_as_near_to_v_s_as_autocast_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frozen_encoder, "bf16_is_faster", lambda device: True)
    model, frames = _model(64), _frames(64)
    exact = model.vae.encode(images(frames))[0]
    with torch.autocast("cpu", torch.bfloat16):
        rounded = model.vae.encode(images(frames))[0]
    ours = FrozenEncoder(model, 5, "cpu")(frames)
    assert ours.dtype == torch.float32
    assert 0 < (ours - exact).abs().max() < 2 * (rounded - exact).abs().max()


@torch.inference_mode()
def test_it_goes_by_the_weights_of_its_last_refresh() -> None:
    model, other, frames = _model(64), _model(64), _frames(64)
    encoder = FrozenEncoder(model, 5, "cpu")
    before = encoder(frames)
    set_weights(model, get_weights(other))
    assert torch.equal(encoder(frames), before)
    encoder.refresh()
    assert torch.equal(encoder(frames), FrozenEncoder(other, 5, "cpu")(frames))


@torch.inference_mode()
def test_where_torch_has_no_onednn_v_itself_encodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    model, frames = _model(64), _frames(64)
    with autocast("cpu"):
        expected = model.vae.encode(images(frames))[0]
    assert torch.equal(FrozenEncoder(model, 5, "cpu")(frames), expected)
