"""Messages over a stream socket: JSON objects with type and content, each ended by a form feed."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

from actors.gym_remote.errors import ProtocolError

MAX_MESSAGE_BYTES = 65536
"""A description of this protocol's channels has some hundred bytes, an update fewer."""
_END = b"\f"
_KINDS = ("description", "update", "close", "exception")


class Connection:
    """One end of it."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._buffer = b""

    def send(self, kind: str, content: Any) -> None:
        """
        Raises:
            ConnectionError: the other side has gone.
        """
        self._socket.settimeout(None)
        self._socket.sendall(json.dumps({"type": kind, "content": content}).encode() + _END)

    def receive(self, seconds: float | None) -> tuple[str, Any]:
        """Type and content of the next message, which is waited for at most so long (None: for ever).

        Raises:
            TimeoutError: none came.
            ConnectionError: the other side has gone.
            ProtocolError: what came is no message.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        while _END not in self._buffer:
            if len(self._buffer) > MAX_MESSAGE_BYTES:
                raise ProtocolError(f"a message of more than {MAX_MESSAGE_BYTES:,} bytes")
            self._buffer += self._read(deadline)
        message, _, self._buffer = self._buffer.partition(_END)
        if len(message) > MAX_MESSAGE_BYTES:
            raise ProtocolError(f"a message of more than {MAX_MESSAGE_BYTES:,} bytes")
        return _parse(message)

    def close(self) -> None:
        self._socket.close()

    def _read(self, deadline: float | None) -> bytes:
        try:
            # Most answers are here already, and a timeout costs two system calls more.
            data = self._socket.recv(MAX_MESSAGE_BYTES, socket.MSG_DONTWAIT)
        except BlockingIOError:
            # 0 would mean something else to the socket.
            self._socket.settimeout(None if deadline is None else max(deadline - time.monotonic(), 1e-3))
            try:
                data = self._socket.recv(MAX_MESSAGE_BYTES)
            except socket.timeout as error:
                raise TimeoutError("no message in time") from error
        if not data:
            raise ConnectionError("the other side has closed the connection")
        return data


def _parse(message: bytes) -> tuple[str, Any]:
    try:
        content = json.loads(message.decode())
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"{message[:80]!r} is no JSON") from error
    if not isinstance(content, dict) or content.keys() != {"type", "content"}:
        raise ProtocolError(f"{message[:80]!r} is no object of type and content")
    if content["type"] not in _KINDS:
        raise ProtocolError(f"{str(content['type'])[:80]!r} is no type of message; known are {', '.join(_KINDS)}")
    return content["type"], content["content"]
