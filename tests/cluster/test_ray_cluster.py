"""The Ray of a run's own."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest
import ray

from benchmarks.process_tree import descendants
from tests.processes import command_line

pytestmark = pytest.mark.slow

LOOPBACK = {"127.0.0.1", "::ffff:127.0.0.1", "::1"}


def _listening(pid: int) -> list[str]:
    """The addresses of its sockets that wait for connections."""
    try:
        sockets = psutil.Process(pid).net_connections("tcp")
    # A worker that was not needed may have ended meanwhile.
    except psutil.NoSuchProcess:
        return []
    return [socket.laddr.ip for socket in sockets if socket.status == psutil.CONN_LISTEN]


@pytest.mark.usefixtures("ray_session")
def test_it_listens_on_loopback_alone() -> None:
    @ray.remote
    class Actor:
        def pid(self) -> int:
            return os.getpid()

    actor = Actor.remote()
    pids = {os.getpid(), *descendants(os.getpid()), ray.get(actor.pid.remote())}
    words = [word for pid in pids for word in command_line(pid)]
    for part in ("gcs_server", "sonic-worlds-ray", "ray::DashboardAgent"):
        assert any(part in word for word in words), part
    addresses = [address for pid in pids for address in _listening(pid)]
    assert len(addresses) >= 5
    assert set(addresses) <= LOOPBACK
    ray.kill(actor)


def test_nothing_starts_a_ray_by_using_one() -> None:
    script = "import ray, cluster.host.ray_cluster\n@ray.remote\ndef f(): pass\nf.remote()"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 1
    assert "Started a local Ray" not in done.stderr
    assert "ray.init" in done.stderr


def test_a_worker_that_dies_as_it_starts_does_not_keep_the_driver_waiting(tmp_path: Path) -> None:
    dies = tmp_path / "dies.py"
    dies.write_text("raise SystemExit(1)")
    script = (
        "import sys, pathlib\n"
        "from ray._private import ray_constants\n"
        "from cluster.host.ray_cluster import start_ray\n"
        "ray_constants.SETUP_WORKER_FILENAME = sys.argv[1]\n"
        "start_ray(pathlib.Path(sys.argv[2]))\n"
        "print('started')\n"
    )
    # Paths of Ray's sockets are long; they must fit into 107 bytes.
    with tempfile.TemporaryDirectory(prefix="d-") as folder:
        words = [sys.executable, "-c", script, str(dies), folder]
        done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stdout) == (0, "started\n"), done.stderr
