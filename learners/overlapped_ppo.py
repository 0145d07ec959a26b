"""PPO that samples the next batch while it learns from this one."""

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

_SAMPLE = "sample"
_FETCH_SECONDS = 1.0


class OverlappedPPO(PPO):
    """Stock PPO, except that every runner is asked for its next fragment before the update on the last ones.

    The data is then one update older than the policy that learns from it. PPO's ratio uses the log-probabilities of
    the policy that acted, which the episodes carry, so the clipped objective stays right (arXiv 1707.06347, section 3).
    """

    def setup(self, config: Any) -> None:
        super().setup(config)
        self._seconds = dict.fromkeys(("wait", "learn", "publish"), 0.0)

    def take_seconds(self) -> dict[str, float]:
        """What each phase took since the last call: waiting for samples, learning, publishing weights to runners."""
        seconds, self._seconds = self._seconds, dict.fromkeys(self._seconds, 0.0)
        return seconds

    def training_step(self) -> None:
        if self.env_runner_group.num_remote_env_runners() == 0:
            super().training_step()
            return
        with self._timed("wait"):
            episodes, results = self._collect()
            self._request_samples()
        self.metrics.aggregate(results, key=ENV_RUNNER_RESULTS)

        with self._timed("learn"):
            steps = self.metrics.peek((ENV_RUNNER_RESULTS, NUM_ENV_STEPS_SAMPLED_LIFETIME))
            learned = self.learner_group.update(
                episodes=episodes,
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
        """One fragment from every healthy runner that is not at work on one already."""
        self.env_runner_group.foreach_env_runner_async(_sample, tag=_SAMPLE)

    def _collect(self) -> tuple[list, list]:
        """Episodes worth a train batch, and the runners' results.

        A runner whose process died is left out until Ray has restarted it; the others make up for it.

        Raises:
            RuntimeError: a runner raised an exception: a bug, which a restart would only hide.
            TimeoutError: no runner gave anything for `sample_timeout_s`.
        """
        episodes: list = []
        results: list = []
        steps = 0
        self._request_samples()
        deadline = time.monotonic() + self.config.sample_timeout_s
        while steps < self.config.total_train_batch_size:
            ready = self._fetch()
            for index, (sampled, metrics, failure) in ready:
                if failure is not None:
                    raise RuntimeError(f"rollout actor {index} failed:\n{failure}")
                episodes.extend(sampled)
                results.append(metrics)
                steps += int(metrics[NUM_ENV_STEPS_SAMPLED].peek())
            if ready:
                deadline = time.monotonic() + self.config.sample_timeout_s
            elif time.monotonic() > deadline:
                raise TimeoutError(f"no rollout actor gave a sample for {self.config.sample_timeout_s} s")
            if steps < self.config.total_train_batch_size:
                self.restore_env_runners(self.env_runner_group)
                self._request_samples()
        return episodes, results

    def _fetch(self) -> Any:
        """What runners have sampled, as soon as one has; nothing if none has within `_FETCH_SECONDS`.

        RLlib's own fetch, given the time, waits until all have: whoever is early would rest until the last is there.
        """
        under_way, *_ = self.env_runner_group._worker_manager._filter_calls_by_tag(_SAMPLE)
        if under_way:
            ray.wait(under_way, timeout=_FETCH_SECONDS)
        else:
            time.sleep(_FETCH_SECONDS)
        return self.env_runner_group.fetch_ready_async_reqs(tags=_SAMPLE, timeout_seconds=0.0)


def _sample(runner: Any) -> tuple[list | None, dict | None, str | None]:
    """(episodes, metrics, None), or the traceback of what went wrong."""
    try:
        return runner.sample(), runner.get_metrics(), None
    except Exception:
        return None, None, traceback.format_exc()


class OverlappedPPOConfig(PPOConfig):
    """PPOConfig for OverlappedPPO."""

    def __init__(self) -> None:
        super().__init__(algo_class=OverlappedPPO)
