import torch

from world_model.progress_model import ProgressModel


def test_gives_one_number_per_transition_that_depends_on_both_z_and_h() -> None:
    model = ProgressModel(features=5 + 7)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    z, h = torch.randn(2, 3, 5), torch.randn(2, 3, 7)
    out = model(z, h)
    assert out.shape == (2, 3)
    assert not torch.equal(out, model(z + 1, h))
    assert not torch.equal(out, model(z, h + 1))


def test_promises_nothing_before_it_has_learned() -> None:
    assert not ProgressModel(features=5 + 7)(torch.randn(2, 5), torch.randn(2, 7)).any()
