"""The ratio of overlapped PPO is taken to the policy that begins the update."""

from typing import Any

import pytest
import torch
from gymnasium.spaces import Box, Discrete
from ray.rllib.core import DEFAULT_MODULE_ID
from ray.rllib.core.columns import Columns

from learners.policy import policy_config
from learners.proximal import ProximalLogProbs
from learners.settings import AlgorithmName
from tests.learners.test_policy import SETTINGS, CartPoleRunner

SPACES = {DEFAULT_MODULE_ID: (Box(-1.0, 1.0, (4,)), Discrete(3))}


def _config(algorithm: AlgorithmName, serial: bool) -> Any:
    return policy_config(SETTINGS, CartPoleRunner, {}, 2, 4, 0, serial=serial, steps=0, algorithm=algorithm)


def test_log_probabilities_become_those_of_the_learner_s_policy() -> None:
    torch.manual_seed(0)
    module = _config("ppo", serial=False).get_rl_module_spec(spaces=SPACES).build()
    observations, actions = torch.randn(5, 4), torch.tensor([0, 2, 1, 1, 0])
    data = {Columns.OBS: observations, Columns.ACTIONS: actions, Columns.ACTION_LOGP: torch.full((5,), -7.0)}
    batch = ProximalLogProbs()(rl_module={DEFAULT_MODULE_ID: module}, batch={DEFAULT_MODULE_ID: data}, episodes=[])
    with torch.no_grad():
        logits = module.forward_train({Columns.OBS: observations})[Columns.ACTION_DIST_INPUTS]
    expected = logits.log_softmax(-1)[torch.arange(5), actions]
    torch.testing.assert_close(batch[DEFAULT_MODULE_ID][Columns.ACTION_LOGP], expected)
    assert expected.std() > 0


@pytest.mark.parametrize(
    ("algorithm", "serial", "expected"), [("ppo", False, 1), ("ppo", True, 0), ("ppo-synchronous", False, 0)]
)
def test_only_data_that_is_an_update_old_gets_them(algorithm: AlgorithmName, serial: bool, expected: int) -> None:
    learner = _config(algorithm, serial).build_learner(spaces=SPACES)
    pieces = [type(piece) for piece in learner._learner_connector.connectors]
    assert pieces.count(ProximalLogProbs) == expected
