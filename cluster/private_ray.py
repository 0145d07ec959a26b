"""The run's own Ray, on this machine."""

import logging
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ray

_OBJECT_STORE_BYTES = 1 << 30


def start_ray(temporary: Path) -> None:
    """Starts Ray's processes for this run and this user alone: on loopback, with a token of their own.

    Args:
        temporary: folder for Ray's session.
    """
    # Ray's token check is on unless RAY_AUTH_MODE says otherwise; without this the token would be one for all runs.
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    # What RLlib warns of is for its developers; what fails, fails with an exception.
    for name in ("ray", "ray.rllib"):
        logging.getLogger(name).setLevel(logging.ERROR)
    ray.init(
        address="local",
        include_dashboard=False,
        namespace="sonic-worlds",
        object_store_memory=_OBJECT_STORE_BYTES,
        log_to_driver=False,
        logging_level=logging.ERROR,
        _temp_dir=str(temporary),
        _node_ip_address="127.0.0.1",
    )


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
