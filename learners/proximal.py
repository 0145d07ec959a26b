"""PPO on data that is an update old: the ratio is taken to the policy that begins the update."""

from typing import Any

import torch
from ray.rllib.connectors.connector_v2 import ConnectorV2
from ray.rllib.core import DEFAULT_MODULE_ID
from ray.rllib.core.columns import Columns


class ProximalLogProbs(ConnectorV2):
    """A connector that replaces the log-probabilities of the policy that acted by those of the learner's policy.

    With overlapped sampling the policy that acted is one update older. Its ratio to the learner's is then outside of
    PPO's clipping range for many actions before the update begins, and these are not learned from. The clipped
    objective only needs a policy to stay near to, which may be the one that begins the update (the proximal policy of
    Hilton et al., arXiv 2110.00641, section 3; without their importance weight, for data that is one update old).
    """

    @torch.no_grad()
    def __call__(self, *, rl_module: Any, batch: dict, **_: Any) -> dict:
        data, module = batch[DEFAULT_MODULE_ID], rl_module[DEFAULT_MODULE_ID].unwrapped()
        logits = module.forward_inference(data)[Columns.ACTION_DIST_INPUTS]
        policy = module.get_train_action_dist_cls().from_logits(logits)
        data[Columns.ACTION_LOGP] = policy.logp(data[Columns.ACTIONS])
        return batch
