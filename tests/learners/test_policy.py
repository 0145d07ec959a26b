"""The policy's algorithms on a small environment of gymnasium's, with real Ray actors."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import psutil
import pytest
import ray
from gymnasium.wrappers.vector import DictInfoToList
from ray.rllib.env.single_agent_env_runner import SingleAgentEnvRunner

from learners.iteration import LEARNED
from learners.overlapped_ppo import OverlappedPPO
from learners.policy import get_policy_state, policy_config, set_policy_state
from learners.ray_policy import RayPolicy
from learners.serial_policy import SerialPolicy
from learners.settings import AlgorithmName, PolicySettings

pytestmark = pytest.mark.slow

SETTINGS = PolicySettings(
    learning_rate=3e-3,
    warm_up_steps=0,
    train_batch_steps=512,
    minibatch_size=128,
    epochs=6,
    discount=0.99,
    gae_lambda=0.95,
    clip=0.2,
    entropy=0.0,
    hidden=(32,),
    overlap=True,
)


IN_OBJECT_STORE_STEPS = 8192
"""So many that Ray does not put a runner's episodes into its reply."""


class CartPoleRunner(SingleAgentEnvRunner):
    """Four poles; it reports its process, and fails when a file says so."""

    def make_env(self) -> None:
        self.env = DictInfoToList(
            gymnasium.make_vec(
                "CartPole-v1", 4, vectorization_mode="sync", vector_kwargs={"autoreset_mode": "NextStep"}
            )
        )
        self.num_envs = 4
        self._needs_initial_reset = True

    def sample(self, **arguments: Any) -> Any:
        if Path(self.config.env_config["fail_if"]).exists():
            raise ZeroDivisionError("the environment is broken")
        return super().sample(**arguments)

    def hear(self, word: str) -> None:
        self.heard = word

    def get_metrics(self) -> Any:
        self.metrics.log_value("pids", os.getpid(), reduce="item_series")
        self.metrics.log_value("heard", getattr(self, "heard", None), reduce="item_series")
        return super().get_metrics()


Make = Callable[..., RayPolicy]


def _maker(folder: Path, made: list[RayPolicy]) -> Make:
    def make(actors: int = 2, algorithm: AlgorithmName = "ppo", **changes: Any) -> RayPolicy:
        settings = PolicySettings(**vars(SETTINGS) | changes)
        environment = {"fail_if": str(folder / "broken")}
        config = policy_config(
            settings, CartPoleRunner, environment, actors, 4, seed=0, serial=False, steps=0, algorithm=algorithm
        )
        made.append(RayPolicy(config, str(folder)))
        return made[-1]

    return make


def _end(policies: list[RayPolicy]) -> None:
    for policy in policies:
        for runner in policy._algorithm.env_runner_group._worker_manager.actors().values():
            ray.kill(runner)
        policy.stop()


@pytest.fixture
def make(ray_session: None, tmp_path: Path) -> Iterator[Make]:
    made: list[RayPolicy] = []
    yield _maker(tmp_path, made)
    _end(made)


@pytest.fixture(scope="module")
def overlapped(ray_session: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RayPolicy]:
    """PPO with two runners, for tests that leave it as one that works."""
    made: list[RayPolicy] = []
    yield _maker(tmp_path_factory.mktemp("overlapped"), made)()
    _end(made)


def _mean_return(results: dict[str, Any]) -> float:
    return float(results["episode_return_mean"])


def test_overlapped_ppo_learns(overlapped: RayPolicy) -> None:
    policy = overlapped
    returns = []
    for _ in range(14):
        iteration = policy.iterate()
        returns.append(_mean_return(iteration.runners))
        assert set(iteration.learned) == set(LEARNED)
    assert set(iteration.seconds) == {"wait", "learn", "publish"}
    assert iteration.updates == 14
    assert returns[-1] > 2 * returns[0]


@pytest.mark.parametrize("overlap", [True, False])
def test_fragments_are_under_way_after_an_update_only_with_overlap(
    overlapped: RayPolicy, make: Make, overlap: bool
) -> None:
    policy = overlapped if overlap else make(actors=1, overlap=False)
    for _ in range(2):
        policy.iterate()
        assert bool(policy._algorithm._under_way) == overlap


def test_a_restored_policy_acts_and_goes_on_the_same(overlapped: RayPolicy, make: Make) -> None:
    # By itself, too, it has a state that was learned.
    overlapped.iterate()
    state = get_policy_state(overlapped)
    other = make(actors=1)
    set_policy_state(other, state)
    restored = get_policy_state(other)
    assert restored["weights_seq_no"] == state["weights_seq_no"] > 0
    for name, weights in state["rl_module"]["default_policy"].items():
        np.testing.assert_array_equal(weights, restored["rl_module"]["default_policy"][name])
    runner = other._algorithm.env_runner_group._worker_manager.actors()[1]
    theirs = ray.get(runner.get_state.remote())["rl_module"]
    assert len(theirs) > 0
    assert all(np.array_equal(theirs[name], state["rl_module"]["default_policy"][name]) for name in theirs)
    assert other.iterate().updates == state["weights_seq_no"] + 1


def test_a_policy_begins_anew_with_the_same_networks_each_time(overlapped: RayPolicy) -> None:
    overlapped.begin_anew()
    first = get_policy_state(overlapped)
    overlapped.iterate()
    learned = get_policy_state(overlapped)
    overlapped.begin_anew()
    second = get_policy_state(overlapped)
    for name, weights in first["rl_module"]["default_policy"].items():
        np.testing.assert_array_equal(weights, second["rl_module"]["default_policy"][name])
        if name.endswith("weight"):
            assert not np.array_equal(weights, learned["rl_module"]["default_policy"][name])
    (optimiser,) = second["optimizer"].values()
    assert not optimiser["state"]["state"]
    # Its updates are counted on.
    assert second["weights_seq_no"] > learned["weights_seq_no"] > first["weights_seq_no"]
    assert overlapped.iterate().updates == second["weights_seq_no"] + 1


def test_a_killed_runner_is_left_out_and_comes_back(overlapped: RayPolicy) -> None:
    policy = overlapped
    results = policy.iterate().runners
    first = set(results["pids"])
    os.kill(min(first), signal.SIGKILL)
    seen: set[int] = set()
    for _ in range(40):
        # Nor does what is told to all runners fail for the one that is gone.
        policy.tell_runners("hear", word="a word")
        results = policy.iterate().runners
        seen |= set(results["pids"])
        if len(seen - first) == 1:
            break
    # The other one went on, and a new one took the killed one's place.
    assert max(first) in seen
    assert len(seen - first) == 1


def _after_the_next_samples(monkeypatch: pytest.MonkeyPatch, happen: Callable[[list], None]) -> None:
    """Lets something happen between the runners' samples and the update, once. It is given their references."""
    collect = OverlappedPPO._collect

    def collect_and_let(algorithm: OverlappedPPO) -> Any:
        monkeypatch.undo()
        fragments, results = collect(algorithm)
        happen(fragments)
        return fragments, results

    monkeypatch.setattr(OverlappedPPO, "_collect", collect_and_let)


def test_samples_outlive_their_runners(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = make(
        actors=1, train_batch_steps=IN_OBJECT_STORE_STEPS, minibatch_size=IN_OBJECT_STORE_STEPS // 4, epochs=1
    )
    pids = set(policy.iterate().runners["pids"])

    def kill(_: list) -> None:
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        while any(map(psutil.pid_exists, pids)):
            time.sleep(0.1)

    _after_the_next_samples(monkeypatch, kill)
    iteration = policy.iterate()
    assert iteration.updates == 2
    assert set(iteration.runners["pids"]) == pids


def test_samples_that_are_lost_cost_one_update(overlapped: RayPolicy, monkeypatch: pytest.MonkeyPatch) -> None:
    died: list[int] = []
    monkeypatch.setattr(overlapped, "_learner_died", lambda: died.append(1))
    updates = overlapped.iterate().updates

    @ray.remote
    def lost() -> None:
        raise ray.exceptions.ObjectLostError("", "", "")

    def lose(fragments: list) -> None:
        # What the learner gets when the node that they were on has gone.
        fragments[0] = lost.remote()

    with pytest.MonkeyPatch.context() as its:
        _after_the_next_samples(its, lose)
        assert overlapped.iterate().updates == updates + 1
    assert died == [1]


def _one_item_is_a_list_too(policy: RayPolicy) -> None:
    for _ in range(3):
        results = policy.iterate().runners
        assert isinstance(results["pids"], list)
        assert len(results["pids"]) == len(results["heard"]) > 0


def test_a_series_with_one_item_is_a_list_too(make: Make) -> None:
    _one_item_is_a_list_too(make(actors=1, algorithm="appo"))


def _every_runner_hears(policy: RayPolicy) -> None:
    policy.iterate()
    for word in ("first", "second"):
        policy.tell_runners("hear", word=word)
        # One iteration's samples may be under way already, and the next one's asked for.
        heard = [policy.iterate().runners["heard"] for _ in range(3)]
        assert set(heard[-1]) == {word}


def test_every_runner_hears_what_is_told_between_its_samples(overlapped: RayPolicy) -> None:
    _every_runner_hears(overlapped)


@pytest.mark.parametrize("algorithm", ["ppo", "ppo-synchronous"])
def test_one_runner_hears_gives_lists_and_is_told_loudly_when_it_fails(
    make: Make, tmp_path: Path, algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("learners.ray_policy._PATIENCE_SECONDS", 10)
    policy = make(actors=1, algorithm=algorithm)
    _one_item_is_a_list_too(policy)
    _every_runner_hears(policy)
    (tmp_path / "broken").touch()
    message = "the environment is broken" if algorithm == "ppo" else "no rollout actor gave a sample"

    def go_on() -> None:
        for _ in range(3):
            policy.iterate()

    with pytest.raises(RuntimeError, match=message):
        go_on()


def test_the_serial_policy_learns_without_ray(tmp_path: Path) -> None:
    config = policy_config(SETTINGS, CartPoleRunner, {"fail_if": str(tmp_path / "no")}, 1, 4, 0, serial=True, steps=0)
    policy = SerialPolicy(config)
    returns = []
    for _ in range(14):
        iteration = policy.iterate()
        returns.append(_mean_return(iteration.runners))
        assert set(iteration.learned) == set(LEARNED)
    policy.stop()
    assert iteration.updates == 14
    assert returns[-1] > 2 * returns[0]


@pytest.mark.parametrize(("steps", "expected"), [(0, 0.01), (500, 0.505), (1000, 1.0), (5000, 1.0)])
def test_a_resumed_warm_up_goes_on_where_it_was(steps: int, expected: float) -> None:
    settings = PolicySettings(**vars(SETTINGS) | {"warm_up_steps": 1000, "learning_rate": 1.0})
    rate = policy_config(settings, CartPoleRunner, {}, 1, 4, 0, serial=True, steps=steps).lr
    assert (rate[0][1] if isinstance(rate, list) else rate) == pytest.approx(expected)
    if isinstance(rate, list):
        assert rate[-1] == [1000 - steps, 1.0]


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (0, [[0, 0.01], [1000, 0.91], [10_000, 0.1]]),
        (1000, [[0, 0.91], [9000, 0.1]]),
        (5500, [[0, 0.505], [4500, 0.1]]),
        (10_000, 0.1),
        (20_000, 0.1),
    ],
)
def test_the_learning_rate_falls_to_its_end_wherever_a_run_is_resumed(
    steps: int, expected: float | list[list[float]]
) -> None:
    settings = PolicySettings(**vars(SETTINGS) | {"warm_up_steps": 1000, "learning_rate": 1.0, "decay_to": 0.1})
    config = policy_config(settings, CartPoleRunner, {}, 1, 4, 0, serial=True, steps=steps, last_step=10_000)
    assert np.ravel(config.lr) == pytest.approx(np.ravel(expected))
