"""PPO that takes each fragment as it comes, and may sample the next batch while it learns from the present one."""

import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import ray
from ray.rllib.algorithms.ppo import PPO, PPOConfig
from ray.rllib.utils.metrics import (
    ALL_MODULES,
    ENV_RUNNER_RESULTS,
    LEARNER_RESULTS,
    NUM_ENV_STEPS_SAMPLED,
    NUM_ENV_STEPS_SAMPLED_LIFETIME,
)

_FETCH_SECONDS = 1.0


class OverlappedPPO(PPO):
    """Stock PPO, except that fragments are taken as they come, and that it may overlap sampling and learning.

    With `overlap` every runner gets the request for its next fragment before the update on the last ones. The data is
    then one update older than the policy that learns from it. PPO's ratio uses the log-probabilities of the policy that
    acted, which the episodes carry, so the clipped objective stays correct (arXiv 1707.06347, section 3).

    Episodes go from the runners directly to the learner. This process owns their references, so they outlive their
    runner.
    """

    def setup(self, config: Any) -> None:
        super().setup(config)
        self._seconds = dict.fromkeys(("wait", "learn", "publish"), 0.0)
        # By the reference of a fragment's results: whose it is, and the reference of its episodes.
        self._under_way: dict[ray.ObjectRef, tuple[int, ray.ObjectRef]] = {}

    def take_seconds(self) -> dict[str, float]:
        """Returns the seconds of each phase since the last call: waiting for samples, learning, publishing weights."""
        seconds, self._seconds = self._seconds, dict.fromkeys(self._seconds, 0.0)
        return seconds

    def training_step(self) -> None:
        if self.env_runner_group.num_remote_env_runners() == 0:
            super().training_step()
            return
        with self._timed("wait"):
            fragments, results = self._collect()
            if self.config.overlap:
                self._request_samples()
        self.metrics.aggregate(results, key=ENV_RUNNER_RESULTS)

        with self._timed("learn"):
            steps = self.metrics.peek((ENV_RUNNER_RESULTS, NUM_ENV_STEPS_SAMPLED_LIFETIME))
            learned = self.learner_group.update(
                episodes_refs=fragments,
                timesteps={NUM_ENV_STEPS_SAMPLED_LIFETIME: steps},
                num_epochs=self.config.num_epochs,
                minibatch_size=self.config.minibatch_size,
                shuffle_batch_per_epoch=self.config.shuffle_batch_per_epoch,
            )
            self.metrics.aggregate(learned, key=LEARNER_RESULTS)

        with self._timed("publish"):
            self.env_runner_group.sync_weights(
                from_worker_or_learner_group=self.learner_group,
                policies=set(learned[0].keys()) - {ALL_MODULES},
                inference_only=True,
            )

    @contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self._seconds[phase] += time.perf_counter() - begin

    def _request_samples(self) -> None:
        """Requests a fragment from every healthy runner that has no request."""
        actors = self.env_runner_group._worker_manager.actors()
        busy = {index for index, _ in self._under_way.values()}
        for index in self.env_runner_group.healthy_env_runner_ids():
            if index not in busy:
                episodes, results = actors[index].apply.options(num_returns=2).remote(_sample)
                self._under_way[results] = index, episodes

    def _collect(self) -> tuple[list[ray.ObjectRef], list]:
        """Returns references of the episodes of a train batch, and the runners' results.

        A runner whose process died is left out until Ray has restarted it; the others sample more instead.

        Raises:
            RuntimeError: a runner raised an exception, which a restart would only hide.
            TimeoutError: no runner gave samples for `sample_timeout_s`.
        """
        fragments: list[ray.ObjectRef] = []
        results: list = []
        steps = 0
        self._request_samples()
        deadline = time.monotonic() + self.config.sample_timeout_s
        while steps < self.config.total_train_batch_size:
            ready = self._fetch()
            for episodes, metrics in ready:
                fragments.append(episodes)
                results.append(metrics)
                steps += int(metrics[NUM_ENV_STEPS_SAMPLED].peek())
            if ready:
                deadline = time.monotonic() + self.config.sample_timeout_s
            elif time.monotonic() > deadline:
                raise TimeoutError(f"no rollout actor gave a sample for {self.config.sample_timeout_s} s")
            if steps < self.config.total_train_batch_size:
                self.restore_env_runners(self.env_runner_group)
                self._request_samples()
        return fragments, results

    def _fetch(self) -> list[tuple[ray.ObjectRef, Any]]:
        """Returns the reference of a fragment's episodes and its results, for every runner that has sampled one.

        It waits until one has, for at most `_FETCH_SECONDS`. RLlib's own fetch waits for all of them, and early runners
        would rest until the last one is ready.
        """
        if not self._under_way:
            time.sleep(_FETCH_SECONDS)
            return []
        waiting = list(self._under_way)
        ray.wait(waiting, timeout=_FETCH_SECONDS)
        ready, _ = ray.wait(waiting, num_returns=len(waiting), timeout=0)
        fetched = []
        for reference in ready:
            index, episodes = self._under_way.pop(reference)
            try:
                metrics, failure = ray.get(reference)
            except ray.exceptions.RayError:
                self.env_runner_group._worker_manager.set_actor_state(index, healthy=False)
                continue
            if failure is not None:
                raise RuntimeError(f"rollout actor {index} failed:\n{failure}")
            fetched.append((episodes, metrics))
        return fetched


def _sample(runner: Any) -> tuple[list | None, tuple[dict | None, str | None]]:
    """Samples on a runner; returns episodes and (metrics, None), or, after an error, None and (None, its traceback).

    RLlib would end the process of a runner that raises an error.
    """
    try:
        return runner.sample(), (runner.get_metrics(), None)
    except Exception:
        return None, (None, traceback.format_exc())


class OverlappedPPOConfig(PPOConfig):
    """The PPOConfig of OverlappedPPO.

    Attributes:
        overlap: whether runners sample while the learner learns.
    """

    def __init__(self, overlap: bool = False) -> None:
        super().__init__(algo_class=OverlappedPPO)
        self.overlap = overlap
