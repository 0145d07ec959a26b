"""The policy as an RLlib Algorithm: runners and learner are Ray actors."""

import math
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import ray
from ray.rllib.algorithms.algorithm_config import AlgorithmConfig
from ray.rllib.core import ALL_MODULES, DEFAULT_MODULE_ID
from ray.rllib.core.learner.learner_group import LearnerGroup
from ray.rllib.utils.metrics import ENV_RUNNER_RESULTS, LEARNER_RESULTS, WEIGHTS_SEQ_NO
from ray.rllib.utils.metrics.stats import ItemSeriesStats
from ray.tune.trainable import trainable

from learners.finite_steps import SETBACKS, Setback
from learners.iteration import Iteration, learned_numbers
from learners.overlapped_ppo import OverlappedPPO
from learners.policy import begun_anew, get_policy_state, set_policy_state
from learners.value_errors import VALUE_ERRORS, FragmentError

_PATIENCE_SECONDS = 60
_PING_SECONDS = 5.0


class RayPolicy:
    """An RLlib Algorithm; Ray must be running. Its runners end with Ray: stopping them would wait for their samples.

    A learner whose process dies is replaced by one with the state of the last iteration; the batch that it was learning
    from is lost. RLlib itself replaces runners whose processes die.
    """

    def __init__(self, config: AlgorithmConfig, folder: str, learner_died: Callable[[], None] = lambda: None) -> None:
        """
        Args:
            config: from `policy_config` without `serial`.
            folder: in which the Algorithm makes an empty folder, which would otherwise be in the user's home.
            learner_died: called before the learner is replaced.
        """
        trainable.DEFAULT_STORAGE_PATH = folder
        self._algorithm = config.build_algo()
        self._learner_died = learner_died
        self._random = self._kept = get_policy_state(self)

    @property
    def learner_group(self) -> LearnerGroup:
        return self._algorithm.learner_group

    @property
    def learner_actor(self) -> Any:
        """The learner's Ray actor."""
        return self.learner_group._workers[0]

    @property
    def runners(self) -> dict[int, Any]:
        """The Ray actors of the runners by their index, from 1 on, with those that are restarting."""
        return dict(self._algorithm.env_runner_group._worker_manager.actors())

    @property
    def healthy_runners(self) -> dict[int, Any]:
        """The runners that RLlib considers healthy, by their index."""
        healthy = self._algorithm.env_runner_group.healthy_env_runner_ids()
        return {index: actor for index, actor in self.runners.items() if index in healthy}

    @property
    def runner_restarts(self) -> int:
        """Number of times that Ray has restarted runners."""
        return int(self._algorithm.env_runner_group.num_remote_worker_restarts())

    def iterate(self) -> Iteration:
        """Trains until runners have sampled and the learner has learned.

        Raises:
            RuntimeError: no runner gave a sample for a minute: RLlib hides runners that fail repeatedly.
        """
        runners: dict[str, Any] = {}
        errors: list[FragmentError] = []
        setbacks: list[Setback] = []
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                result = self._algorithm.train()
            except ray.exceptions.ObjectLostError:
                # A node died with samples that the learner had not fetched. To RLlib, it has failed.
                result = {}
            except Exception:
                if self._learner_lives():
                    raise
                result = {}
            # Asynchronous algorithms do not raise what came of a dead learner.
            if not self.learner_group._worker_manager.num_healthy_actors():
                self._replace_learner()
                deadline = time.monotonic() + _PATIENCE_SECONDS
            # Asynchronous algorithms have iterations in which only one of the two got ready.
            runners = _joined(runners, self._runner_results(result))
            results = result.get(LEARNER_RESULTS, {})
            learned = results.get(DEFAULT_MODULE_ID, {})
            errors += _series(results.get(ALL_MODULES, {}).get(VALUE_ERRORS, []))
            setbacks += _series(results.get(ALL_MODULES, {}).get(SETBACKS, []))
            # It is nan if nothing was learned in this iteration.
            updates = learned.get(WEIGHTS_SEQ_NO, math.nan)
            if runners and not math.isnan(updates):
                self._keep()
                algorithm = self._algorithm
                seconds = algorithm.take_seconds() if isinstance(algorithm, OverlappedPPO) else {}
                return Iteration(runners, int(updates), errors, seconds, learned_numbers(learned), setbacks)
        raise RuntimeError(f"no rollout actor gave a sample that could be learned from for {_PATIENCE_SECONDS} s")

    def add_runners(self, count: int) -> None:
        """Starts more runners, without waiting for them."""
        self._algorithm.env_runner_group.add_workers(count)
        self.sync_weights()

    def get_state(self) -> dict[str, Any]:
        """Returns the learner's state after the last iteration, as `get_policy_state` does."""
        return self._kept

    def set_state(self, state: dict[str, Any]) -> None:
        """Restores the learner and gives its weights to every runner."""
        self._kept = state
        set_policy_state(self, state)

    def begin_anew(self) -> None:
        """Returns to the random networks and the optimiser that it was made with."""
        self.set_state(begun_anew(self._random, self._kept))

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
        """Ends the learner. If it were left to the garbage collector, RLlib would start a new Ray for that."""
        self.learner_group.shutdown()

    def _keep(self) -> None:
        # If the learner just died, the next iteration finds out; it goes on from the state before.
        with suppress(ray.exceptions.RayError, IndexError):
            self._kept = get_policy_state(self)

    def _learner_lives(self) -> bool:
        try:
            ray.get(self.learner_actor.__ray_ready__.remote(), timeout=_PING_SECONDS)
        except ray.exceptions.GetTimeoutError:
            return True
        except ray.exceptions.RayError:
            self.learner_group._worker_manager.set_actor_state(0, healthy=False)
            return False
        return True

    def _replace_learner(self) -> None:
        self._learner_died()
        old = self.learner_group
        with suppress(Exception):
            old.shutdown()
        # Otherwise the garbage collector would try to end it again.
        old._is_shut_down = True
        self._algorithm.learner_group = self._algorithm.config.build_learner_group(rl_module_spec=old._module_spec)
        set_policy_state(self, self._kept)

    def _runner_results(self, result: dict[str, Any]) -> dict[str, Any]:
        """Returns the runners' results, with series of items always as lists."""
        runners = result.get(ENV_RUNNER_RESULTS) or {}
        stats = self._algorithm.metrics.stats.get(ENV_RUNNER_RESULTS, {})
        series = {
            name: _series(runners[name])
            for name, kept in stats.items()
            if isinstance(kept, ItemSeriesStats) and name in runners
        }
        return runners | series


def _series(value: Any) -> list[Any]:
    """Returns the items of a series: RLlib returns a single item in place of a series of one."""
    return value if isinstance(value, list) else [value]


def _joined(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Joins the results of two iterations: lists are concatenated; of other values the later one is taken."""
    lists = {key: [*before[key], *value] for key, value in after.items() if isinstance(value, list) and key in before}
    return before | after | lists
