import gymnasium
import numpy as np
import pytest
import torch
from ray.rllib.core import DEFAULT_MODULE_ID
from ray.rllib.core.columns import Columns

from learners.grid_network import GridNetwork, grid_networks
from learners.policy import policy_config
from learners.settings import PolicySettings
from world_model.spec import WorldModelSpec

SPEC = WorldModelSpec(actions=10, latent=128, hidden=24, vision="light", sees_change=True, sees_grid=True)
CELLS = (2, 8, 8)


def _observations(z: torch.Tensor, h: torch.Tensor, change: torch.Tensor) -> torch.Tensor:
    return torch.cat([z.flatten(1), h, change.flatten(1)], -1)


@pytest.mark.parametrize("hidden", [(), (32,), (32, 16)])
def test_a_checkpoint_s_logits_and_values_are_those_of_rllib(hidden: tuple[int, ...]) -> None:
    config = policy_config(PolicySettings(hidden=hidden), object, {}, 1, 1, 0, True, 0, spec=SPEC)
    torch.manual_seed(0)
    spaces = (
        gymnasium.spaces.Box(-np.inf, np.inf, (SPEC.observation,), np.float32),
        gymnasium.spaces.Discrete(SPEC.actions),
    )
    module = config.get_rl_module_spec(spaces={DEFAULT_MODULE_ID: spaces}).build()
    module.eval()
    policy, value = grid_networks(module.get_state(), SPEC)
    seen = torch.randn(5, SPEC.observation)
    with torch.no_grad():
        theirs = module.forward_inference({Columns.OBS: seen})[Columns.ACTION_DIST_INPUTS]
        torch.testing.assert_close(policy(seen), theirs)
        torch.testing.assert_close(value(seen)[:, 0], module.compute_values({Columns.OBS: seen}))
    assert theirs.shape == (5, 10)
    # At first, no action is much likelier than another.
    assert theirs.softmax(-1).max() < 0.15


def test_a_cell_s_neighbourhood_gives_the_same_features_wherever_it_is() -> None:
    torch.manual_seed(0)
    network = GridNetwork(SPEC, 3, (8,))
    z, h, change = torch.zeros(2, *CELLS), torch.zeros(2, SPEC.hidden), torch.zeros(2, *CELLS)
    features = []
    network.seen.register_forward_pre_hook(lambda module, inputs: features.append(inputs[0].unflatten(1, (-1, 8, 8))))
    z[0, :, 2, 2], change[0, :, 2, 3] = 1.0, 2.0
    z[1, :, 5, 4], change[1, :, 5, 5] = 1.0, 2.0
    network(_observations(z, h, change))
    ((one, other),) = features
    torch.testing.assert_close(one[:, 1:4, 1:5], other[:, 4:7, 3:7])
    assert not torch.equal(one, other)


@pytest.mark.parametrize("part", ["z", "h", "change"])
def test_every_part_of_the_observation_matters(part: str) -> None:
    torch.manual_seed(0)
    network = GridNetwork(SPEC, 3, (8,))
    parts = {"z": torch.zeros(1, *CELLS), "h": torch.zeros(1, SPEC.hidden), "change": torch.zeros(1, *CELLS)}
    other = parts | {part: torch.ones_like(parts[part])}
    assert not torch.allclose(network(_observations(**parts)), network(_observations(**other)))


def test_the_state_of_something_else_is_refused() -> None:
    with pytest.raises(KeyError, match="seen"):
        grid_networks({"policy.weight": np.zeros((3, 3))}, SPEC)
    state = {
        f"{part}.{name}": array.numpy()
        for part in ("policy", "value")
        for name, array in GridNetwork(SPEC, 10, (8,)).state_dict().items()
    }
    with pytest.raises(ValueError, match="size mismatch for rest"):
        grid_networks(state, SPEC)
