import pytest
import torch

from world_model.inverse_model import InverseModel
from world_model.spec import preset_spec


@pytest.mark.parametrize("preset", ["small", "seed"])
def test_gives_one_logit_per_action(preset: str) -> None:
    spec = preset_spec(preset, 10)
    model = InverseModel(spec.latent, spec.actions, spec.inverse_hidden)
    z = torch.randn(2, 3, spec.latent)
    assert model(z, z).shape == (2, 3, 10)


def test_sees_both_latents_and_knows_which_is_which() -> None:
    model = InverseModel(4, 3, 16)
    z, next_z = torch.randn(2, 4), torch.randn(2, 4)
    out = model(z, next_z)
    assert not torch.equal(out, model(next_z, z))
    assert not torch.equal(out, model(z, next_z + 1))
