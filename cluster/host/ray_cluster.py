"""The Ray of a run: its own on this machine, or a running cluster."""

import logging
import os
import secrets
import shutil
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ray
from ray._private import auto_init_hook, ray_constants, services
from ray._private.node import Node
from ray.job_config import JobConfig

from cluster.config.errors import UsageError
from cluster.host.plan import OBJECT_STORE_BYTES, Resources
from cluster.host.running_cluster import find_cluster
from cluster.host.stopper import out_of_terminal_s_reach

# A use of Ray before its start is an error, and does not start another Ray. RLlib ends its learners from the garbage
# collector: after a failed start it would start a Ray for that, and hang.
auto_init_hook.enable_auto_connect = False

_RAYLET = services.RAYLET_EXECUTABLE


def start_ray(temporary: Path, resources: Resources | None = None) -> None:
    """Starts Ray's processes for this run and this user alone: on loopback, with a token of their own.

    Args:
        temporary: folder for Ray's session.
        resources: CPUs and custom resources that Ray assumes if the machine has fewer: on one's own machine there may
            be more actors than cores.

    Raises:
        UsageError: Ray does not start.
    """
    # Ray's token check is on unless RAY_AUTH_MODE says otherwise; without this the token would be one for all runs.
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    resources = resources or {}
    _hush()
    # Ray replaces a loopback address by the machine's own, and would listen on all of them; but not where it believes
    # that it cannot have a cluster, as on macOS.
    ray_constants.ENABLE_RAY_CLUSTER = False
    # Under `uv run` it would ship the working folder, and start its workers by a shell.
    ray_constants.RAY_ENABLE_UV_RUN_RUNTIME_ENV = False
    # Three processes fewer, each of which loads Ray: nothing is scaled, no log and no dashboard is shown.
    Node.start_monitor = Node.start_log_monitor = Node.start_api_server = _start_nothing
    _hide(temporary)
    try:
        with out_of_terminal_s_reach():
            try:
                _init(temporary, resources)
            except Exception as error:
                if "timed out" not in str(error):
                    raise
                # On a machine that is very busy Ray's agent misses a limit of the raylet that cannot be set (#65983).
                ray.shutdown()
                _init(temporary, resources)
    # Ray raises what it comes upon, Exception itself among it.
    except Exception as error:
        fault = UsageError(f"Ray does not start on this machine: {' '.join(str(error).split())}")
        fault.add_note(
            "a machine that is very busy may need another try; `sonic-worlds doctor` looks for what is wrong"
        )
        raise fault from error


def _start_nothing(node: Node, **_: object) -> None:
    return


def _init(temporary: Path, resources: Resources) -> None:
    ray.init(
        address="local",
        job_config=_OwnPath(),
        num_cpus=int(max(os.cpu_count() or 1, resources.get("CPU", 0.0) + 0.999)),
        resources={name: amount for name, amount in resources.items() if name not in ("CPU", "GPU", "memory")},
        include_dashboard=False,
        namespace="sonic-worlds",
        object_store_memory=OBJECT_STORE_BYTES,
        log_to_driver=False,
        logging_level=logging.ERROR,
        _temp_dir=str(temporary),
        _node_ip_address="127.0.0.1",
        # Else Ray starts workers before this process asks for any, and keeps it waiting for ever if one of them dies.
        _system_config={"prestart_worker_first_driver": False},
    )


def join_ray(address: str) -> None:
    """Connects to a running cluster; other runs on it have other names for their actors.

    Args:
        address: `auto` for the cluster that this machine belongs to, or HOST:PORT of the head.

    Raises:
        UsageError: there is no cluster, or it refuses the connection.
    """
    _hush()
    # Ray's own complaints are dropped: an error says what is wrong.
    with quiet(Path(os.devnull)):
        cluster = find_cluster(address)
    try:
        ray.init(
            address=cluster.address,
            job_config=_OwnPath(),
            namespace=f"sonic-worlds-{uuid.uuid4().hex}",
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        raise UsageError(f"--address {address}: {' '.join(str(error).split())}") from error


def free_resources() -> list[dict[str, float]]:
    """Returns the free resources of each node that is alive."""
    return [dict(node) for node in ray._private.state.available_resources_per_node().values()]


def metrics_addresses() -> list[str]:
    """Returns HOST:PORT of Ray's agent on each living node, where Prometheus finds the metrics of the node's actors."""
    return [f"{node['NodeManagerAddress']}:{node['MetricsExportPort']}" for node in ray.nodes() if node["Alive"]]


def all_resources() -> list[dict[str, float]]:
    """Returns the resources of each node that is alive, in use or not."""
    return [dict(node["Resources"]) for node in ray.nodes() if node["Alive"]]


def gpus() -> float:
    """Returns the number of GPUs in the cluster."""
    return float(ray.cluster_resources().get("GPU", 0.0))


class _OwnPath(JobConfig):
    """Environment of workers in which modules are found as in this program, not first in the working folder."""

    def __init__(self) -> None:
        installed = (sys.prefix, sys.base_prefix)
        own = [path for path in sys.path if path and not any(map(Path(path).is_relative_to, installed))]
        # Each is put before those that are there.
        super().__init__(_py_driver_sys_path=own[::-1])

    def _runtime_env_has_working_dir(self) -> bool:
        # With a working folder, Ray expects the modules there, and adds no folder of its own choice.
        return True


def _hide(temporary: Path) -> None:
    """Renames Ray's processes, so that `--address auto` of others, which looks for `raylet`, does not find them."""
    link = temporary / "sonic-worlds-ray"
    link.unlink(missing_ok=True)
    link.symlink_to(_RAYLET)
    services.RAYLET_EXECUTABLE = str(link)


def _hush() -> None:
    # RLlib's warnings are for its developers; failures raise exceptions.
    for name in ("ray", "ray.rllib"):
        logging.getLogger(name).setLevel(logging.ERROR)


@contextmanager
def quiet(log: Path) -> Iterator[None]:
    """A context in which stderr of this process goes to a file: messages of Ray's C++ code would disturb the view."""
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
    """Copies the logs of Ray's session out of the temporary folder, to examine a failed run."""
    logs = temporary / "session_latest" / "logs"
    if logs.is_dir():
        shutil.copytree(logs, folder, dirs_exist_ok=True, ignore_dangling_symlinks=True)
