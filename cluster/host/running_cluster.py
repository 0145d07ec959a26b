"""Examines a running Ray cluster from outside: Ray itself would wait for minutes and ignore signals."""

import os
import platform
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray
from ray._common.usage import usage_lib
from ray._private import ray_constants, services, utils

from cluster.config.errors import UsageError

_CONNECT_SECONDS = 3.0
# Ray complains after 5 and 10 seconds, in output that is dropped; then it is silent until 40.
_ANSWER_SECONDS = 12.0


@dataclass(frozen=True)
class RunningCluster:
    """A running cluster.

    Attributes:
        address: HOST:PORT of the head.
        nodes: resources of each living node.
    """

    address: str
    nodes: list[dict[str, float]]


class _NotThisOne(Exception):
    """A Ray is not the wanted cluster; the message says why."""


def find_cluster(address: str) -> RunningCluster:
    """Returns the cluster of an --address, if this program can join it.

    Raises:
        UsageError: there is no cluster, it does not accept us within seconds, it runs another Ray or Python, or this
            machine is no node of it.
    """
    flag = f"--address {address}"
    if address == "auto":
        return _cluster_here(flag)
    host, colon, port = address.rpartition(":")
    if not colon or not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise UsageError(f"{flag}: it must be auto, or HOST:PORT of the cluster's head")
    try:
        return _looked_at(address, flag, private=True)
    except _NotThisOne as error:
        raise UsageError(f"{flag} {error}") from error


def _cluster_here(flag: str) -> RunningCluster:
    """Returns the cluster of RAY_ADDRESS, or the one of this machine. Private Rays of programs do not count."""
    given = os.environ.get(ray_constants.RAY_ADDRESS_ENVIRONMENT_VARIABLE)
    if given and given != "auto":
        return find_cluster(given)
    services.find_gcs_addresses.cache_clear()
    candidates = dict.fromkeys([utils.read_ray_address(), *sorted(services.find_gcs_addresses())])
    why = []
    for candidate in filter(None, candidates):
        try:
            return _looked_at(candidate, flag, private=False)
        except _NotThisOne as error:
            why.append(f"; the Ray at {candidate} {error}")
    raise UsageError(
        f"{flag}: there is no cluster on this machine{''.join(why)}. Start or join one with `ray start`, or leave"
        " --address out: then the run has a Ray of its own"
    )


def _looked_at(address: str, flag: str, private: bool) -> RunningCluster:
    """Examines the Ray at an address.

    Args:
        private: whether it may be one that a program started for itself.

    Raises:
        _NotThisOne: it does not answer, or does not accept us.
        UsageError: it is the wanted cluster, and cannot be joined.
    """
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT_SECONDS).close()
    except OSError as error:
        raise _NotThisOne(f"cannot be reached: {error.strerror or error}") from error
    metadata, infos = _answers(lambda: _request(address))
    if metadata.get("ray_init_cluster") and not private:
        raise _NotThisOne("is another program's own")
    _require_same_versions(metadata, flag)
    here = {bytes.fromhex(node) for node in services.find_node_ids()}
    if not any(node.binary() in here for node in infos):
        raise UsageError(
            f"{flag}: this machine is no node of the cluster; join it first: ray start --address={address}"
            " (with --num-cpus=0 it takes no work)"
        )
    return RunningCluster(address, [dict(info.resources_total) for info in infos.values()])


def _request(address: str) -> tuple[dict[str, Any], dict[Any, Any]]:
    """Returns a cluster's description of itself, and its living nodes."""
    client = ray._raylet.GcsClient(address=address)
    metadata = usage_lib.get_cluster_metadata(client) or {}
    alive = ray.core.generated.gcs_pb2.GcsNodeInfo.GcsNodeState.ALIVE
    return metadata, client.get_all_node_info(timeout=_ANSWER_SECONDS, state_filter=alive)


def _answers(call: Callable[[], Any]) -> Any:
    """Returns a call's result. A thread makes the call, because in Ray's C++ code it may hang and ignore signals.

    Raises:
        _NotThisOne: the call raises an error, or takes too long.
    """
    came: list[Any] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            came.append(call())
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(_ANSWER_SECONDS)
    if failed and isinstance(failed[0], ray.exceptions.AuthenticationError):
        raise _NotThisOne("asks for a token, which is to be in RAY_AUTH_TOKEN or ~/.ray/auth_token") from failed[0]
    if failed:
        raise _NotThisOne(f"does not let us in: {' '.join(str(failed[0]).split())}") from failed[0]
    if not came:
        raise _NotThisOne(f"does not answer within {_ANSWER_SECONDS:.0f} seconds as a Ray cluster does")
    return came[0]


def _require_same_versions(cluster: dict[str, Any], flag: str) -> None:
    """Checks the cluster's versions.

    Raises:
        UsageError: the cluster runs another Ray or Python.
    """
    try:
        # Ray decides what is the same: RAY_DEFAULT_PYTHON_VERSION_MATCH_LEVEL=minor makes it less strict.
        utils.check_version_info(cluster, "")
    except RuntimeError as error:
        theirs, python, own = cluster["ray_version"], cluster["python_version"], platform.python_version()
        mend = []
        if theirs != ray.__version__:
            mend.append(f"start the cluster with Ray {ray.__version__}")
        if python != own:
            mend.append(f"start the cluster with Python {own}, or install sonic-worlds with Python {python}")
        raise UsageError(
            f"{flag}: the cluster runs Ray {theirs} on Python {python}, this program Ray {ray.__version__} on Python"
            f" {own}; they must be the same: {'; '.join(mend)}"
            f" ({Path(sys.executable).with_name('ray')} start is this program's)"
        ) from error
    except KeyError:
        # A Ray that does not report its versions: an error follows later if they do not fit.
        return
