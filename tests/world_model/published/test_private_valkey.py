import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.processes import is_running
from world_model.published.private_valkey import PrivateValkey, ValkeyStartError

pytestmark = pytest.mark.slow


def kill(server: PrivateValkey) -> None:
    os.kill(server.pid, signal.SIGKILL)
    while is_running(server.pid):
        time.sleep(0.01)


def sockets(server: PrivateValkey) -> Path:
    return Path(server.url.removeprefix("unix://")).parent


def test_answers_and_leaves_neither_process_nor_socket_behind(tmp_path: Path) -> None:
    with PrivateValkey(tmp_path / "new" / "valkey") as server, redis.Redis.from_url(server.url) as client:
        assert client.ping()
        assert is_running(server.pid)
        assert sockets(server).is_dir()
    assert not is_running(server.pid)
    assert not sockets(server).exists()
    server.stop()


def test_is_reached_by_no_other_user_and_through_no_port(valkey: PrivateValkey) -> None:
    assert sockets(valkey).stat().st_mode & 0o077 == 0
    with redis.Redis.from_url(valkey.url) as client:
        assert client.config_get("port") == {"port": "0"}


def test_what_was_acknowledged_survives_a_kill_of_the_server(tmp_path: Path) -> None:
    with PrivateValkey(tmp_path) as server, redis.Redis.from_url(server.url) as client:
        acknowledged = 0
        for i in range(200):
            client.set("counter", i)
            client.set(f"value:{i}", os.urandom(1000))
            acknowledged = i
        kill(server)
        with pytest.raises(redis.ConnectionError):
            client.ping()
    assert not sockets(server).exists()
    with PrivateValkey(tmp_path) as server, redis.Redis.from_url(server.url) as client:
        assert int(client.get("counter")) == acknowledged
        assert len(client.keys("value:*")) == acknowledged + 1


def test_a_write_is_on_disk_before_it_is_acknowledged(valkey: PrivateValkey) -> None:
    with redis.Redis.from_url(valkey.url) as client:
        assert client.config_get("appendonly", "appendfsync") == {"appendonly": "yes", "appendfsync": "always"}


def test_a_last_write_that_was_cut_off_is_let_go(tmp_path: Path) -> None:
    with PrivateValkey(tmp_path) as server, redis.Redis.from_url(server.url) as client:
        client.set("kept", "x" * 100)
        client.set("cut", "y" * 100)
        kill(server)
    (log,) = (tmp_path / "appendonlydir").glob("*.incr.aof")
    os.truncate(log, log.stat().st_size - 50)
    with PrivateValkey(tmp_path) as server, redis.Redis.from_url(server.url) as client:
        assert client.get("kept") == b"x" * 100
        assert client.get("cut") is None


_PARENT = """
import sys, time
from pathlib import Path
from world_model.published.private_valkey import PrivateValkey
server = PrivateValkey(Path(sys.argv[1]))
print(server.pid, server.url, flush=True)
time.sleep(600)
"""


def test_dies_when_its_parent_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _PARENT, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid, url = parent.stdout.readline().split()
        assert is_running(int(pid))
        parent.kill()
    try:
        deadline = time.monotonic() + 30
        while is_running(int(pid)) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not is_running(int(pid))
    finally:
        if is_running(int(pid)):
            os.kill(int(pid), signal.SIGKILL)
        shutil.rmtree(Path(url.removeprefix("unix://")).parent)


def test_is_deaf_to_the_terminals_interrupt(valkey: PrivateValkey) -> None:
    assert os.getpgid(valkey.pid) != os.getpgrp()


def test_two_in_different_folders_do_not_see_each_other(tmp_path: Path) -> None:
    with (
        PrivateValkey(tmp_path / "a") as a,
        PrivateValkey(tmp_path / "b") as b,
        redis.Redis.from_url(a.url) as of_a,
        redis.Redis.from_url(b.url) as of_b,
    ):
        of_a.set("name", "a")
        assert of_b.get("name") is None
    assert not is_running(a.pid)
    assert not is_running(b.pid)


def test_a_damaged_folder_is_told_with_the_servers_words(tmp_path: Path, sockets_folder: Path) -> None:
    with PrivateValkey(tmp_path) as server, redis.Redis.from_url(server.url) as client:
        for i in range(10):
            client.set(f"value:{i}", "x" * 100)
    (log,) = (tmp_path / "appendonlydir").glob("*.incr.aof")
    content = bytearray(log.read_bytes())
    content[len(content) // 2 :] = b"nonsense" * 30
    log.write_bytes(content)
    with pytest.raises(ValkeyStartError, match=r"(?s)did not start.*[Bb]ad file format"):
        PrivateValkey(tmp_path)
    assert list(sockets_folder.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_a_start_error(tmp_path: Path, sockets_folder: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "valkey"):
        with pytest.raises(ValkeyStartError, match=str(tmp_path / "file")):
            PrivateValkey(folder)
    assert list(sockets_folder.iterdir()) == []


@pytest.fixture
def sockets_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where sockets are made meanwhile. Not in tmp_path, whose name may be too long for a socket."""
    with tempfile.TemporaryDirectory() as name:
        monkeypatch.setattr(tempfile, "tempdir", name)
        yield Path(name)
