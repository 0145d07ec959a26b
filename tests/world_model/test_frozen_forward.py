import pytest
import torch

from world_model import frozen_forward
from world_model.frozen_forward import FrozenForward
from world_model.model import WorldModel
from world_model.spec import WorldModelSpec
from world_model.weights import get_weights, set_weights

N = 5


def _model() -> WorldModel:
    return WorldModel(WorldModelSpec(actions=4, latent=8, hidden=32)).eval()


def _play(step: object, steps: int = 30) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    h, c = torch.zeros(N, 32), torch.zeros(N, 32)
    for _ in range(steps):
        z = torch.randn(N, 8, generator=generator)
        h, c = step(z, torch.randint(4, (N,), generator=generator), (h, c))  # type: ignore[operator]
    return h, c


@pytest.mark.parametrize("converts", [False, True], ids=["M's own step", "one product in bfloat16"])
@torch.inference_mode()
def test_its_states_are_m_s(converts: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frozen_forward, "bf16_is_faster", lambda device: converts)
    monkeypatch.setattr("world_model.precision.bf16_is_faster", lambda device: False)
    model = _model()
    exact = _play(model.forward_model.step)
    ours = _play(FrozenForward(model, "cpu").step)
    for mine, m_s in zip(ours, exact, strict=True):
        assert mine.dtype == torch.float32
        if converts:
            assert 0 < (mine - m_s).abs().max() < 0.01
        else:
            assert torch.equal(mine, m_s)


@torch.inference_mode()
def test_it_goes_by_the_weights_of_its_last_refresh() -> None:
    model, other = _model(), _model()
    frozen = FrozenForward(model, "cpu")
    set_weights(model, get_weights(other))
    frozen.refresh()
    for mine, m_s in zip(_play(frozen.step), _play(FrozenForward(other, "cpu").step), strict=True):
        assert torch.equal(mine, m_s)
