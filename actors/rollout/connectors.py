"""Connectors between environment and policy: observations into tensors, logits into actions.

RLlib's own eleven connectors serve any spaces and any modules; they took a fifth of an actor's time.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from ray.rllib.connectors.connector_v2 import ConnectorV2
from ray.rllib.core.columns import Columns


class ObservationsIn(ConnectorV2):
    """Makes a tensor float32 [N, features] of the newest observations of all emulators."""

    def __call__(self, *, batch: dict[str, Any], obs: Sequence[np.ndarray], **_: Any) -> dict[str, Any]:
        batch[Columns.OBS] = torch.from_numpy(np.stack(obs))
        return batch


class ActionsOut(ConnectorV2):
    """Draws the actions, int64 [N], from the policy's logits, [N, actions], and notes their log-probabilities.

    It takes the most likely ones where the policy does not explore. The draws equal those of RLlib's own connectors.
    Logits that are not finite count as zeros: all actions are then equally likely.

    Attributes:
        not_finite: how often an emulator's logits were not finite, over all steps; the reader may reset it to 0.
    """

    not_finite = 0

    def __call__(self, *, batch: dict[str, Any], explore: bool | None = None, **_: Any) -> dict[str, Any]:
        logits = batch[Columns.ACTION_DIST_INPUTS]
        if not logits.sum().isfinite():
            bad = ~logits.isfinite().all(-1, keepdim=True)
            self.not_finite += int(bad.sum())
            logits = logits.masked_fill(bad, 0.0)
        log_probabilities = logits - logits.logsumexp(-1, keepdim=True)
        if explore:
            actions = torch.multinomial(log_probabilities.softmax(-1), 1, replacement=True)
        else:
            actions = logits.argmax(-1, keepdim=True)
        return {
            Columns.ACTIONS: actions[:, 0].numpy(),
            Columns.ACTION_LOGP: log_probabilities.gather(-1, actions)[:, 0].numpy(),
            Columns.ACTION_DIST_INPUTS: logits.numpy(),
        }
