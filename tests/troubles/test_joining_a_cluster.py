"""What --address means is found, or refused in seconds with what to do; and nothing of it is deaf to a signal."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator

import pytest
import ray
from ray._common.usage import usage_constants

from cluster.config.errors import UsageError
from cluster.host.running_cluster import find_cluster
from tests.runs import PROGRAM, command, start

SPACE = b"cluster"


@pytest.fixture
def other_versions(ray_session: None) -> Iterator[str]:
    """The address of a cluster that another Ray, with another Python, has started, as it says."""
    client = ray._private.worker.global_worker.gcs_client
    key = usage_constants.CLUSTER_METADATA_KEY
    before = client.internal_kv_get(key, namespace=SPACE)
    metadata = json.loads(before) | {"ray_version": "2.9.3", "python_version": "3.9.1"}
    client.internal_kv_put(key, json.dumps(metadata).encode(), True, namespace=SPACE)
    yield ray.get_runtime_context().gcs_address
    client.internal_kv_put(key, before, True, namespace=SPACE)


def test_other_versions_are_both_told_and_which_to_change(other_versions: str) -> None:
    with pytest.raises(UsageError) as refused:
        find_cluster(other_versions)
    message = str(refused.value)
    assert "the cluster runs Ray 2.9.3 on Python 3.9.1, this program Ray" in message
    assert f"start the cluster with Ray {ray.__version__}" in message
    assert "install sonic-worlds with Python 3.9.1" in message
    assert "\n" not in message


@pytest.mark.usefixtures("ray_session")
def test_a_private_ray_is_not_found() -> None:
    begin = time.monotonic()
    done = command("train", "--address", "auto")
    assert done.returncode == 2, done.stdout
    assert "--address auto: there is no cluster on this machine" in done.stderr
    # Nor does Ray's own code complain.
    assert done.stderr.count("\n") == 1
    # And whoever names it needs its token.
    address = ray.get_runtime_context().gcs_address
    environment = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "0" * 64}
    refused = subprocess.run(
        [*PROGRAM, "train", "--address", address],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 2
    assert "asks for a token, which is to be in RAY_AUTH_TOKEN" in refused.stderr
    # On a busy machine, too: neither waits for an answer.
    assert time.monotonic() - begin < 60


def test_what_does_not_answer_can_be_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        process = start("train", "--address", f"127.0.0.1:{deaf.getsockname()[1]}")
        deaf.accept()
        time.sleep(0.5)
        os.kill(process.pid, signal.SIGTERM)
        begin = time.monotonic()
        process.communicate(timeout=60)
        assert time.monotonic() - begin < 5


def test_what_does_not_answer_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        done = command("train", "--address", f"127.0.0.1:{deaf.getsockname()[1]}", timeout=60)
    assert done.returncode == 2
    assert "does not answer within 12 seconds as a Ray cluster does" in done.stderr
    assert done.stderr.count("\n") == 1
