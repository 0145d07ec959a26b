"""The Ray of a run's own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import ray

from benchmarks.process_tree import descendants

LISTENING = "0A"
LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}
"""127.0.0.1, ::ffff:127.0.0.1 and ::1 as /proc has them."""


def _listening() -> dict[str, str]:
    """The addresses of all sockets that wait for connections, by inode."""
    lines = [line.split() for table in ("tcp", "tcp6") for line in Path(f"/proc/net/{table}").read_text().splitlines()]
    return {line[9]: line[1].partition(":")[0] for line in lines if line[3] == LISTENING}


def _sockets(pid: int) -> list[str]:
    try:
        links = [os.readlink(fd) for fd in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return []
    return [link.removeprefix("socket:[").removesuffix("]") for link in links if link.startswith("socket:[")]


@pytest.mark.usefixtures("ray_session")
def test_it_listens_on_loopback_alone() -> None:
    @ray.remote
    class Actor:
        def pid(self) -> int:
            return os.getpid()

    actor = Actor.remote()
    pids = {os.getpid(), *descendants(os.getpid()), ray.get(actor.pid.remote())}
    words = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in pids]
    for part in (b"gcs_server", b"sonic-worlds-ray", b"ray::DashboardAgent"):
        assert any(part in line for line in words), part
    table = _listening()
    addresses = [table[inode] for pid in pids for inode in _sockets(pid) if inode in table]
    assert len(addresses) >= 5
    assert set(addresses) <= LOOPBACK
    ray.kill(actor)


def test_nothing_starts_a_ray_by_using_one() -> None:
    script = "import ray, cluster.host.ray_cluster\n@ray.remote\ndef f(): pass\nf.remote()"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 1
    assert "Started a local Ray" not in done.stderr
    assert "ray.init" in done.stderr
