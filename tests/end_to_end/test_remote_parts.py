"""Parameter server, learner and transport as real Ray actors."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ray
from hypothesis import given, settings

from actors.rollout.transport import RemoteSink, RemoteWeights
from cluster.host.ray_put import put
from cluster.training.ray_parts import RemotePublish
from learners.learner_loop import LearnerLoop
from learners.settings import WorldModelSettings
from tests.arrays import laid_out_arrays, same
from tests.sequences import make_sequences
from world_model.published.parameter_server import ParameterServer, Published
from world_model.published.private_valkey import PrivateValkey
from world_model.published.weights import Weights, digest_of
from world_model.spec import WorldModelSpec

pytestmark = pytest.mark.usefixtures("ray_session")
SETTINGS = WorldModelSettings(
    warm_up_updates=5,
    batch_sequences=4,
    sequence_length=4,
    training_ratio=1.0,
    pool_sequences=64,
    publish_every=2,
    measure_updates=10,
)


class Server(ParameterServer):
    """With its process's number, so that a test can kill it."""

    def pid(self) -> int:
        return os.getpid()

    def damage(self) -> None:
        """The newest version's arrays become others than were published."""
        newest = max(self._kept)
        self._kept[newest] = replace(self._kept[newest], weights=put(_weights(-1.0)))


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[PrivateValkey]:
    with PrivateValkey(tmp_path) as server:
        yield server


@pytest.fixture
def server(valkey: PrivateValkey) -> Iterator[Any]:
    actor = (
        ray.remote(Server)
        .options(num_cpus=0, max_restarts=-1, max_task_retries=-1)
        .remote(  # type: ignore[attr-defined]
            valkey.url, "run", keep=4, lag=2, put=put
        )
    )
    yield actor
    ray.kill(actor)


def _weights(value: float) -> Weights:
    return {"w": np.full(3, value, np.float32)}


def _publisher(server: Any) -> Callable[[Weights, int], tuple[int, Published | None]]:
    """As the learner publishes: with the digest of what it made."""
    publish = RemotePublish(server)
    return lambda weights, updates: publish(weights, updates, digest_of(weights))


def _until(condition: Callable[[], bool], seconds: float = 120.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def _taken(source: RemoteWeights, using: int) -> tuple[int, Weights]:
    taken: list[tuple[int, Weights]] = []

    def take() -> bool:
        newer = source.newer(using)
        if newer is not None:
            taken.append(newer)
        return bool(taken)

    assert _until(take)
    return taken[0]


def test_weights_reach_an_actor_by_reference_and_staleness_is_known(server: Any) -> None:
    publish = _publisher(server)
    assert publish(_weights(1.0), 0) == (1, None)
    source = RemoteWeights(server, "actor-1")
    version, weights = _taken(source, 0)
    assert version == 1
    np.testing.assert_array_equal(weights["w"], _weights(1.0)["w"])
    publish(_weights(2.0), 1)
    lagged = publish(_weights(3.0), 2)[1]
    assert lagged is not None
    assert lagged.weights["w"][0] == 1.0
    assert _until(lambda: source.newer(1) is None and ray.get(server.staleness.remote()) == {"actor-1": 2})
    assert _taken(source, 1)[0] == 3


def test_a_version_that_is_not_as_it_was_published_is_refused_and_the_one_before_is_used(server: Any) -> None:
    publish = _publisher(server)
    publish(_weights(1.0), 0)
    source = RemoteWeights(server, "actor-1")
    assert _taken(source, 0)[0] == 1
    publish(_weights(2.0), 1)
    ray.get(server.damage.remote())
    assert _until(lambda: source.newer(1) is None and source.refused == 1)
    # Nor is it fetched again.
    assert not _until(lambda: source.newer(1) is not None or source.refused > 1, 2)
    publish(_weights(3.0), 2)
    version, weights = _taken(source, 1)
    assert (version, weights["w"][0], source.refused) == (3, 3.0, 1)


@settings(deadline=None)
@given(laid_out_arrays())
def test_arrays_go_through_rays_object_store_as_they_are(array: np.ndarray) -> None:
    assert same(ray.get(ray.put(array)), array)


def test_asking_for_weights_never_waits_for_a_server_that_hangs(server: Any) -> None:
    _publisher(server)(_weights(1.0), 0)
    source = RemoteWeights(server, "actor-1")
    pid = ray.get(server.pid.remote())
    os.kill(pid, signal.SIGSTOP)
    try:
        begin = time.monotonic()
        assert all(source.newer(0) is None for _ in range(100))
        # A hundred questions; a single one that waited would take the server's whole absence.
        assert time.monotonic() - begin < 5
    finally:
        os.kill(pid, signal.SIGCONT)
    assert _taken(source, 0)[0] == 1


def test_a_killed_server_comes_back_with_the_newest_version(server: Any) -> None:
    publish = _publisher(server)
    for updates in range(5):
        publish(_weights(float(updates)), updates)
    source = RemoteWeights(server, "actor-1")
    assert _taken(source, 0)[0] == 5
    pid = ray.get(server.pid.remote())
    os.kill(pid, signal.SIGKILL)
    assert _until(lambda: ray.get(server.pid.remote()) != pid)
    assert ray.get(server.newest_version.remote()) == 5
    version, weights = _taken(RemoteWeights(server, "actor-2"), 0)
    assert (version, weights["w"][0]) == (5, 4.0)
    assert publish(_weights(9.0), 5)[0] == 6
    assert _taken(source, 5)[0] == 6


def test_sequences_reach_the_learner_and_its_versions_the_actor(server: Any) -> None:
    spec = WorldModelSpec(actions=3)
    learner = ray.remote(LearnerLoop).options(num_cpus=0).remote(spec, SETTINGS, RemotePublish(server), 0)  # type: ignore[attr-defined]
    ray.get(learner.start.remote())
    sink = RemoteSink(learner)
    sequences = make_sequences(spec, 4, 4, versions=np.ones(4, np.int64))
    for _ in range(4):
        assert sink.ship(sequences)
    assert _until(lambda: ray.get(learner.get_metrics.remote())["weights_version"] == 3, 60)
    metrics = ray.get(learner.get_metrics.remote())
    assert (metrics["pool_sequences"], metrics["world_model_updates_total"]) == (16, 4)
    assert _taken(RemoteWeights(server, "actor-1"), 0)[0] == 3
    ray.get(learner.stop.remote())
    ray.kill(learner)


def test_a_sink_refuses_rather_than_waits_for_a_learner_that_hangs(server: Any) -> None:
    class Hung:
        def pid(self) -> int:
            return os.getpid()

        def add(self, sequences: Any) -> None:
            return

    learner = ray.remote(Hung).options(num_cpus=0).remote()  # type: ignore[attr-defined]
    sink = RemoteSink(learner)
    pid = ray.get(learner.pid.remote())
    os.kill(pid, signal.SIGSTOP)
    try:
        accepted = [sink.ship("anything") for _ in range(40)]  # type: ignore[arg-type]
    finally:
        os.kill(pid, signal.SIGCONT)
    assert accepted[0]
    assert not accepted[-1]
    assert _until(lambda: sink.ship("anything"))  # type: ignore[arg-type]
    ray.kill(learner)
