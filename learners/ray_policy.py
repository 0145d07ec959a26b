"""The policy as an RLlib Algorithm: runners and learner are Ray actors."""

from typing import Any

from ray.rllib.algorithms.algorithm_config import AlgorithmConfig
from ray.rllib.core import DEFAULT_MODULE_ID
from ray.rllib.utils.metrics import ENV_RUNNER_RESULTS, LEARNER_RESULTS, WEIGHTS_SEQ_NO
from ray.tune.trainable import trainable


class RayPolicy:
    """Ray must be running."""

    def __init__(self, config: AlgorithmConfig, folder: str) -> None:
        """
        Args:
            config: from `policy_config` without `serial`.
            folder: for an empty folder, which every Algorithm makes, else in the user's home.
        """
        trainable.DEFAULT_STORAGE_PATH = folder
        self._algorithm = config.build_algo()
        self.learner_group = self._algorithm.learner_group

    def iterate(self) -> tuple[dict[str, Any], int]:
        """One training step of the algorithm: the runners' results, and the updates so far.

        Raises:
            RuntimeError: no runner gave a sample: RLlib hides runners that fail again and again.
        """
        result = self._algorithm.train()
        runners = result.get(ENV_RUNNER_RESULTS)
        if not runners:
            raise RuntimeError("no rollout actor gave a sample in this iteration")
        return runners, int(result[LEARNER_RESULTS][DEFAULT_MODULE_ID][WEIGHTS_SEQ_NO])

    def sync_weights(self) -> None:
        """Gives the learner's weights to every runner."""
        self._algorithm.env_runner_group.sync_weights(
            from_worker_or_learner_group=self.learner_group, inference_only=True
        )

    def stop(self) -> None:
        self._algorithm.stop()
