"""The policy as an RLlib Algorithm: runners and learner are Ray actors."""

import math
import time
from typing import Any

from ray.rllib.algorithms.algorithm_config import AlgorithmConfig
from ray.rllib.core import ALL_MODULES, DEFAULT_MODULE_ID
from ray.rllib.utils.metrics import ENV_RUNNER_RESULTS, LEARNER_RESULTS, WEIGHTS_SEQ_NO
from ray.rllib.utils.metrics.stats import ItemSeriesStats
from ray.tune.trainable import trainable

from learners.iteration import Iteration
from learners.value_errors import VALUE_ERRORS, FragmentError

_PATIENCE_SECONDS = 60


class RayPolicy:
    """Ray must be running. Its end is also that of the runners: to stop them would wait for the samples under way."""

    def __init__(self, config: AlgorithmConfig, folder: str) -> None:
        """
        Args:
            config: from `policy_config` without `serial`.
            folder: for an empty folder, which every Algorithm makes, else in the user's home.
        """
        trainable.DEFAULT_STORAGE_PATH = folder
        self._algorithm = config.build_algo()
        self.learner_group = self._algorithm.learner_group

    def iterate(self) -> Iteration:
        """Trains until runners have sampled and the learner has learned.

        Raises:
            RuntimeError: no runner gave a sample for a minute: RLlib hides runners that fail again and again.
        """
        runners: dict[str, Any] = {}
        errors: list[FragmentError] = []
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            result = self._algorithm.train()
            # Asynchronous algorithms have iterations in which only one of the two got ready.
            runners = _joined(runners, self._runner_results(result))
            results = result.get(LEARNER_RESULTS, {})
            learned = results.get(DEFAULT_MODULE_ID, {})
            errors += _series(results.get(ALL_MODULES, {}).get(VALUE_ERRORS, []))
            # Not a number where nothing was learned in this iteration.
            updates = learned.get(WEIGHTS_SEQ_NO, math.nan)
            if runners and not math.isnan(updates):
                return Iteration(runners, int(updates), errors)
        raise RuntimeError(f"no rollout actor gave a sample that could be learned from for {_PATIENCE_SECONDS} s")

    def _runner_results(self, result: dict[str, Any]) -> dict[str, Any]:
        """The runners' results, series of items always as lists."""
        runners = result.get(ENV_RUNNER_RESULTS) or {}
        stats = self._algorithm.metrics.stats.get(ENV_RUNNER_RESULTS, {})
        series = {
            name: _series(runners[name])
            for name, kept in stats.items()
            if isinstance(kept, ItemSeriesStats) and name in runners
        }
        return runners | series

    def sync_weights(self) -> None:
        """Gives the learner's weights to every runner."""
        self._algorithm.env_runner_group.sync_weights(
            from_worker_or_learner_group=self.learner_group, inference_only=True
        )

    def tell_runners(self, method: str, **arguments: Any) -> None:
        """Calls a method of every runner between two of its samples, without waiting for it."""
        self._algorithm.env_runner_group.foreach_env_runner(
            method, kwargs=arguments, local_env_runner=False, timeout_seconds=0.0
        )

    def stop(self) -> None:
        """Ends the learner. Left to the garbage collector, RLlib would start a new Ray to do it."""
        self.learner_group.shutdown()


def _series(value: Any) -> list[Any]:
    """The items of a series: RLlib gives one that has a single item as that item."""
    return value if isinstance(value, list) else [value]


def _joined(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Results of two iterations as of one: lists are series of single items, other values are the later ones."""
    lists = {key: [*before[key], *value] for key, value in after.items() if isinstance(value, list) and key in before}
    return before | after | lists
