"""A server in a thread, a client without manners, and a server without them."""

import contextlib
import json
import os
import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from threading import Thread
from typing import Any

from actors.gym_remote.server import Hosted, serve
from tests.actors.gym_remote.counting import Counting

SECONDS = 60.0
"""Longer than anything takes, on any machine."""


class Served:
    """`serve` in a thread. `steps()` is what it returned."""

    def __init__(self, directory: Path, env: Counting | None = None, **limits: Any) -> None:
        self.env = env or Counting()
        self._future: Future[int] = Future()
        self._thread = Thread(target=self._run, args=(directory, limits))
        self._thread.start()

    def steps(self) -> int:
        self._thread.join(SECONDS)
        return self._future.result(0)

    def _run(self, directory: Path, limits: dict[str, Any]) -> None:
        try:
            self._future.set_result(serve(Hosted(self.env), str(directory), **limits))
        except BaseException as error:
            self._future.set_exception(error)


class RawClient:
    """Sends what it likes."""

    def __init__(self, directory: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(SECONDS)
        deadline = time.monotonic() + SECONDS
        while True:
            assert time.monotonic() < deadline, f"no server is in {directory}"
            with contextlib.suppress(FileNotFoundError, ConnectionRefusedError):
                self._socket.connect(str(directory / "sock"))
                break
            time.sleep(0.001)
        self._buffer = b""
        assert self.next()["type"] == "description"

    def send(self, data: bytes) -> None:
        # A server that has closed already has not read it.
        with contextlib.suppress(BrokenPipeError):
            self._socket.sendall(data)

    def update(self, **values: Any) -> dict[str, Any]:
        """The answer to an update."""
        self.send(json.dumps({"type": "update", "content": values}).encode() + b"\f")
        return self.next()

    def flood(self, data: bytes) -> None:
        """Sends it again and again and reads nothing, until the other side has gone."""
        with contextlib.suppress(ConnectionError):
            while True:
                self._socket.sendall(data)

    def next(self) -> dict[str, Any]:
        while b"\f" not in self._buffer:
            data = self._socket.recv(65536)
            assert data, "the server has gone without a word"
            self._buffer += data
        message, _, self._buffer = self._buffer.partition(b"\f")
        return json.loads(message)

    def close(self) -> None:
        self._socket.close()


@contextlib.contextmanager
def raw_server(directory: Path, *messages: bytes) -> Iterator[list[bytes]]:
    """Sends these to its first client; at the end the list holds all that this one said."""
    said: list[bytes] = []
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(directory / "sock"))
    listener.listen(1)

    def run() -> None:
        sock, _ = listener.accept()
        sock.settimeout(SECONDS)
        with sock, contextlib.suppress(ConnectionError):
            sock.sendall(b"".join(messages))
            sock.shutdown(socket.SHUT_WR)
            while data := sock.recv(65536):
                said.append(data)

    thread = Thread(target=run)
    thread.start()
    try:
        yield said
    finally:
        thread.join(SECONDS)
        listener.close()
        os.unlink(directory / "sock")
