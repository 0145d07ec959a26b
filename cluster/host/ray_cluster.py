"""The Ray that a run lives on: its own on this machine, or a cluster that is there already."""

import logging
import os
import secrets
import shutil
import socket
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ray
from ray._private import auto_init_hook, ray_constants

from cluster.config.errors import UsageError
from cluster.host.plan import Resources

# Whoever uses Ray before it was started gets an error, not a Ray of its own. RLlib ends its learners from the garbage
# collector: after a start that failed it would start one for that, and hang.
auto_init_hook.enable_auto_connect = False

_OBJECT_STORE_BYTES = 1 << 30
_CONNECT_SECONDS = 3.0


def start_ray(temporary: Path, asked: Resources | None = None) -> None:
    """Starts Ray's processes for this run and this user alone: on loopback, with a token of their own.

    Args:
        temporary: folder for Ray's session.
        asked: CPUs and custom resources that it says it has, if this machine has fewer: whoever asks his own machine
            for more actors than it has cores may have them.
    """
    # Ray's token check is on unless RAY_AUTH_MODE says otherwise; without this the token would be one for all runs.
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    asked = asked or {}
    _hush()
    # Ray replaces a loopback address by the machine's own, and would listen on all of them; but not where it believes
    # that it cannot have a cluster, as on macOS.
    ray_constants.ENABLE_RAY_CLUSTER = False
    ray.init(
        address="local",
        num_cpus=int(max(os.cpu_count() or 1, asked.get("CPU", 0.0) + 0.999)),
        resources={name: amount for name, amount in asked.items() if name not in ("CPU", "GPU", "memory")},
        include_dashboard=False,
        namespace="sonic-worlds",
        object_store_memory=_OBJECT_STORE_BYTES,
        log_to_driver=False,
        logging_level=logging.ERROR,
        _temp_dir=str(temporary),
        _node_ip_address="127.0.0.1",
    )


def join_ray(address: str) -> None:
    """Connects to a cluster that somebody started; other runs on it have other names for their actors.

    Args:
        address: `auto`, the one that this machine belongs to, or HOST:PORT of its head.

    Raises:
        UsageError: there is none, or it does not let us in.
    """
    if address != "auto":
        _check_reachable(address)
    _hush()
    try:
        ray.init(
            address=address,
            namespace=f"sonic-worlds-{uuid.uuid4().hex}",
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        raise UsageError(f"--address {address}: {_first_line(error)}") from error


def free_resources() -> list[dict[str, float]]:
    """What is free on each node that is alive."""
    return [dict(node) for node in ray._private.state.available_resources_per_node().values()]


def metrics_addresses() -> list[str]:
    """HOST:PORT of Ray's agent on each node that is alive, where Prometheus finds what the node's actors count."""
    return [f"{node['NodeManagerAddress']}:{node['MetricsExportPort']}" for node in ray.nodes() if node["Alive"]]


def all_resources() -> list[dict[str, float]]:
    """What each node that is alive has, in use or not."""
    return [dict(node["Resources"]) for node in ray.nodes() if node["Alive"]]


def gpus() -> float:
    """All that the cluster has."""
    return float(ray.cluster_resources().get("GPU", 0.0))


def _check_reachable(address: str) -> None:
    host, colon, port = address.rpartition(":")
    if not colon or not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise UsageError(f"--address {address}: it must be auto, or HOST:PORT of the cluster's head")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT_SECONDS).close()
    except OSError as error:
        raise UsageError(f"--address {address} cannot be reached: {error.strerror or error}") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


def _hush() -> None:
    # What RLlib warns of is for its developers; what fails, fails with an exception.
    for name in ("ray", "ray.rllib"):
        logging.getLogger(name).setLevel(logging.ERROR)


@contextmanager
def quiet(log: Path) -> Iterator[None]:
    """Sends to a file what C++ code writes to this process's stderr: notes of Ray that would tear up the view."""
    sys.stderr.flush()
    before = os.dup(2)
    with log.open("ab") as file:
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(before, 2)
        os.close(before)


def keep_logs(temporary: Path, folder: Path) -> None:
    """Copies the logs of Ray's session out of the temporary folder, for whoever looks into a failed run."""
    logs = temporary / "session_latest" / "logs"
    if logs.is_dir():
        shutil.copytree(logs, folder, dirs_exist_ok=True, ignore_dangling_symlinks=True)
