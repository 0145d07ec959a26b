"""The policy out of a checkpoint computes what RLlib's own module does."""

import gymnasium
import numpy as np
import pytest
import torch
from ray.rllib.core import DEFAULT_MODULE_ID
from ray.rllib.core.columns import Columns

from learners.policy import policy_config
from learners.policy_weights import policy_network, value_network
from learners.settings import AlgorithmName, PolicySettings

OBSERVATION = gymnasium.spaces.Box(-np.inf, np.inf, (24,), np.float32)
ACTIONS = gymnasium.spaces.Discrete(10)


@pytest.mark.parametrize("algorithm", ["ppo", "appo"])
def test_its_logits_and_values_are_those_of_rllib(algorithm: AlgorithmName) -> None:
    settings = PolicySettings(
        learning_rate=1e-3,
        warm_up_steps=0,
        train_batch_steps=64,
        minibatch_size=32,
        epochs=1,
        discount=0.99,
        gae_lambda=0.95,
        clip=0.2,
        entropy=0.0,
        hidden=(32, 16),
    )
    config = policy_config(settings, object, {}, 1, 1, 0, True, 0, algorithm=algorithm)
    torch.manual_seed(0)
    module = config.get_rl_module_spec(spaces={DEFAULT_MODULE_ID: (OBSERVATION, ACTIONS)}).build()
    module.eval()
    network = policy_network(module.get_state())
    observations = torch.randn(5, 24)
    with torch.no_grad():
        theirs = module.forward_inference({Columns.OBS: observations})[Columns.ACTION_DIST_INPUTS]
        ours = network(observations)
        values = module.compute_values({Columns.OBS: observations})
        our_values = value_network(module.get_state())(observations)[:, 0]
    assert theirs.shape == (5, 10)
    assert theirs.std() > 0
    torch.testing.assert_close(ours, theirs)
    assert values.std() > 0
    torch.testing.assert_close(our_values, values)


def test_the_state_of_something_else_is_refused() -> None:
    with pytest.raises(KeyError, match="pi"):
        policy_network({"weight": np.zeros((3, 3))})
    state = {f"pi.net.mlp.0.{name}": np.zeros(shape) for name, shape in {"weight": (10, 7), "bias": (10,)}.items()}
    state |= {f"encoder.actor_encoder.net.mlp.0.{name}": np.zeros(8) for name in ("bias",)}
    state["encoder.actor_encoder.net.mlp.0.weight"] = np.zeros((8, 24))
    with pytest.raises(ValueError, match="do not follow each other"):
        policy_network(state)
