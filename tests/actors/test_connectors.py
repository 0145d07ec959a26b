from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Discrete
from ray.rllib.connectors.module_to_env import GetActions
from ray.rllib.core.columns import Columns
from ray.rllib.core.distribution.torch.torch_distribution import TorchCategorical

from actors.rollout.connectors import ActionsOut, ObservationsIn

SPACES = Box(-1, 1, (3,), np.float32), Discrete(5)


def _rllibs(logits: torch.Tensor, explore: bool) -> dict[str, Any]:
    module = SimpleNamespace(
        get_exploration_action_dist_cls=lambda: TorchCategorical, get_inference_action_dist_cls=lambda: TorchCategorical
    )
    batch = {Columns.ACTION_DIST_INPUTS: logits}
    done: dict[str, Any] = GetActions(*SPACES)(rl_module=module, batch=batch, episodes=[None], explore=explore)  # type: ignore[arg-type]
    return done


@pytest.mark.parametrize("explore", [True, False])
def test_actions_and_log_probabilities_are_those_of_rllib_s_connectors(explore: bool) -> None:
    draws = []
    for act in (lambda x: _rllibs(x, explore), lambda x: ActionsOut(*SPACES)(batch=x, explore=explore)):
        torch.manual_seed(0)
        logits = [torch.randn(7, 5) for _ in range(50)]
        torch.manual_seed(1)
        of_rllib = not draws
        draws.append([act(x) if of_rllib else act({Columns.ACTION_DIST_INPUTS: x}) for x in logits])
    for theirs, ours in zip(*draws, strict=True):
        np.testing.assert_array_equal(theirs[Columns.ACTIONS].numpy(), ours[Columns.ACTIONS])
        if explore:
            np.testing.assert_array_equal(theirs[Columns.ACTION_LOGP].numpy(), ours[Columns.ACTION_LOGP])
    assert len({tuple(step[Columns.ACTIONS]) for step in draws[1]}) > 40


def test_observations_come_as_one_tensor() -> None:
    rows = [np.full(3, i, np.float32) for i in range(4)]
    batch = ObservationsIn(*SPACES)(batch={}, obs=rows, infos=[{}] * 4, episodes=[])
    assert torch.equal(batch[Columns.OBS], torch.arange(4.0)[:, None].expand(4, 3))
