"""Errors of the value function by episode, from which prioritised level replay scores levels."""

import math
from dataclasses import dataclass
from typing import Any

import torch
from ray.rllib.connectors.connector_v2 import ConnectorV2
from ray.rllib.core import ALL_MODULES, DEFAULT_MODULE_ID
from ray.rllib.evaluation.postprocessing import Postprocessing

from learners.finite_steps import FinitePPOLearner

VALUE_ERRORS = "value_errors"
"""Key of a list of `FragmentError`, one per fragment, in the learner's results under ALL_MODULES."""


@dataclass(frozen=True)
class FragmentError:
    """The value error of a fragment: a part of an episode that the learner gets in one piece.

    Attributes:
        episode: id of the episode.
        level: name of its level.
        steps: number of the fragment's steps.
        error: sum of |return - value| over the steps; the return is that of generalised advantage estimation, so the
            difference is the advantage (arXiv 1506.02438, equation 16).
        ended: whether it is the episode's last fragment.
    """

    episode: str
    level: str
    steps: int
    error: float
    ended: bool


def name_episode(*, episode: Any, env_runner: Any, env_index: int, **_: Any) -> None:
    """RLlib's callback at an episode's start: keeps the level, from the runner's method `level_of`, in the episode."""
    # These notes stay with all fragments, the id, too: the learner's pipeline gives each fragment an id of its own.
    episode.custom_data.update(id=episode.id_, level=env_runner.level_of(env_index), ended=False)


def end_episode(*, episode: Any, **_: Any) -> None:
    """RLlib's callback at an episode's end: marks the end, for in the learner every fragment looks truncated."""
    episode.custom_data["ended"] = True


class ScoringLearner(FinitePPOLearner):
    """PPO's learner that also reports value errors."""

    def build(self) -> None:
        super().build()
        assert self._learner_connector is not None
        # After RLlib's GAE, which has put the value targets into the batch and standardised the advantages.
        self._learner_connector.append(ValueErrors())


class ValueErrors(ConnectorV2):
    """A connector that logs a FragmentError for every fragment of the batch, and does not change the batch.

    Errors that are not finite are left out: the probabilities of levels are computed from them.
    """

    @torch.no_grad()
    def __call__(self, *, rl_module: Any, episodes: list, batch: dict, metrics: Any, **_: Any) -> dict:
        data = batch[DEFAULT_MODULE_ID]
        errors = (data[Postprocessing.VALUE_TARGETS] - rl_module[DEFAULT_MODULE_ID].compute_values(data)).abs()
        lengths = [len(episode) for episode in episodes]
        for episode, part in zip(episodes, errors.cpu().split(lengths), strict=True):
            # The last step is no step: PPO adds it to hold the value that the return is bootstrapped with.
            steps, notes, total = len(part) - 1, episode.custom_data, float(part[:-1].sum())
            if not math.isfinite(total):
                continue
            error = FragmentError(notes["id"], notes["level"], steps, total, notes["ended"])
            metrics.log_value((ALL_MODULES, VALUE_ERRORS), error, reduce="item_series")
        return batch
