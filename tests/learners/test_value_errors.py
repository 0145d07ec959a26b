"""Value errors as the learner reports them, on a small environment of gymnasium's."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ray
import torch

from learners.policy import policy_config
from learners.ray_policy import RayPolicy
from learners.serial_policy import SerialPolicy
from learners.settings import AlgorithmName, PolicySettings
from learners.value_errors import FragmentError
from tests.learners.test_policy import SETTINGS, CartPoleRunner

pytestmark = pytest.mark.slow


class LevelsRunner(CartPoleRunner):
    """Each pole is a level."""

    def level_of(self, emulator: int) -> str:
        return f"pole-{emulator}"


def _config(tmp_path: Path, serial: bool, algorithm: AlgorithmName = "ppo", **changes: Any) -> Any:
    settings = PolicySettings(**vars(SETTINGS) | {"train_batch_steps": 128} | changes)
    environment = {"fail_if": str(tmp_path / "no")}
    return policy_config(
        settings, LevelsRunner, environment, 2, 4, 0, serial, 0, score_levels=True, algorithm=algorithm
    )


def _expected(policy: SerialPolicy, episodes: list) -> list[float]:
    """Sum of |advantage| of every fragment, by the sum that defines it (arXiv 1506.02438, equation 16)."""
    (learner,) = policy.learner_group.foreach_learner(lambda learner: learner)
    module = learner.get().module["default_policy"]
    sums = []
    for episode in episodes:
        observations = np.stack(list(episode.get_observations()))
        with torch.no_grad():
            values = module.compute_values({"obs": torch.as_tensor(observations)}).numpy()
        if episode.is_terminated:
            values[-1] = 0.0
        rewards = np.array(list(episode.get_rewards()))
        deltas = rewards + SETTINGS.discount * values[1:] - values[:-1]
        decay = SETTINGS.discount * SETTINGS.gae_lambda
        advantages = [sum(decay**k * d for k, d in enumerate(deltas[t:])) for t in range(len(deltas))]
        sums.append(float(np.abs(advantages).sum()))
    return sums


def test_errors_are_the_advantages_before_they_are_standardised(tmp_path: Path) -> None:
    policy = SerialPolicy(_config(tmp_path, serial=True))
    sampled: list[tuple[list[float], list[int], list[str]]] = []
    sample = policy._runner.sample

    def watched() -> list:
        episodes = sample()
        sampled.append((_expected(policy, episodes), [len(e) for e in episodes], [e.id_ for e in episodes]))
        return episodes

    policy._runner.sample = watched
    for _ in range(3):
        errors = policy.iterate().errors
        sums, lengths, ids = sampled[-1]
        assert [error.error for error in errors] == pytest.approx(sums, rel=1e-4)
        assert [error.steps for error in errors] == lengths
        assert [error.episode for error in errors] == ids
    policy.stop()


def _check_fragments(errors: list[FragmentError]) -> None:
    """Fragments of one episode have one level, and all but the last of them are not its end."""
    episodes = defaultdict(list)
    for error in errors:
        episodes[error.episode].append(error)
    assert any(len(parts) > 1 and parts[-1].ended for parts in episodes.values())
    assert sum(parts[-1].ended for parts in episodes.values()) > 8
    for parts in episodes.values():
        assert len({part.level for part in parts}) == 1
        assert not any(part.ended for part in parts[:-1])
    assert {error.level for error in errors} == {f"pole-{i}" for i in range(4)}


def test_an_episode_s_parts_stay_together(tmp_path: Path) -> None:
    policy = SerialPolicy(_config(tmp_path, serial=True))
    _check_fragments([error for _ in range(6) for error in policy.iterate().errors])
    policy.stop()


@pytest.mark.parametrize("algorithm", ["ppo", "ppo-synchronous"])
def test_errors_come_through_ray_too(ray_session: None, tmp_path: Path, algorithm: str) -> None:
    policy = RayPolicy(_config(tmp_path, serial=False, algorithm=algorithm), str(tmp_path))
    try:
        errors = [policy.iterate().errors for _ in range(8)]
    finally:
        for runner in policy._algorithm.env_runner_group._worker_manager.actors().values():
            ray.kill(runner)
        policy.stop()
    assert all(128 <= sum(error.steps for error in batch) < 300 for batch in errors)
    _check_fragments([error for batch in errors for error in batch])


def test_without_it_nothing_is_reported(tmp_path: Path) -> None:
    environment = {"fail_if": str(tmp_path / "no")}
    policy = SerialPolicy(policy_config(SETTINGS, CartPoleRunner, environment, 1, 4, 0, serial=True, steps=0))
    assert policy.iterate().errors == []
    policy.stop()
