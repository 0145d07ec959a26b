"""The run's own Ray, on this machine."""

import logging
import os
import secrets
import shutil
from pathlib import Path

import ray

_OBJECT_STORE_BYTES = 1 << 30


def start_ray(temporary: Path) -> None:
    """Starts Ray's processes for this run and this user alone: on loopback, with a token of their own.

    Args:
        temporary: folder for Ray's session.
    """
    os.environ.setdefault("RAY_AUTH_MODE", "token")
    os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    # What its C++ side and RLlib warn of is for their developers; what fails, fails with an exception.
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    logging.getLogger("ray").setLevel(logging.ERROR)
    ray.init(
        address="local",
        include_dashboard=False,
        namespace="sonic-worlds",
        object_store_memory=_OBJECT_STORE_BYTES,
        log_to_driver=False,
        logging_level=logging.ERROR,
        _temp_dir=str(temporary / "ray"),
        _node_ip_address="127.0.0.1",
    )


def keep_logs(temporary: Path, folder: Path) -> None:
    """Copies the logs of Ray's session out of the temporary folder, for whoever looks into a failed run."""
    logs = temporary / "ray" / "session_latest" / "logs"
    if logs.is_dir():
        shutil.copytree(logs, folder, dirs_exist_ok=True, ignore_dangling_symlinks=True)
