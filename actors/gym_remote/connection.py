"""Messages over a stream socket: JSON objects with type and content, each ended by a form feed."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import time
from typing import Any

from actors.gym_remote.errors import ProtocolError

MAX_MESSAGE_BYTES = 65536
"""Most bytes of a message. A description of channels has a few hundred, an update fewer."""
_END = b"\f"
_KINDS = ("description", "update", "close", "exception")


class Connection:
    """One end of a connection."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        # With a timeout, Python would wait before every call, also where there is something to read.
        sock.setblocking(False)
        self._buffer = b""

    def send(self, kind: str, content: Any, seconds: float | None = None) -> None:
        """Sends a message.

        Args:
            kind: the message's type.
            content: JSON-able.
            seconds: longest time to wait until the other side reads; None: no limit.

        Raises:
            TimeoutError: it did not read in time. A message sent after that would be damaged.
            ConnectionError: the other side has gone.
        """
        deadline = _deadline(seconds)
        left = memoryview(json.dumps({"type": kind, "content": content}).encode() + _END)
        while left:
            try:
                left = left[self._socket.send(left) :]
            except BlockingIOError:
                self._wait(select.POLLOUT, deadline)

    def receive(self, seconds: float | None) -> tuple[str, Any]:
        """Waits for the next message and returns its type and content.

        Args:
            seconds: longest time to wait; None: no limit.

        Raises:
            TimeoutError: no message came in time.
            ConnectionError: the other side has gone.
            ProtocolError: the bytes are no message.
        """
        deadline = _deadline(seconds)
        while _END not in self._buffer:
            if len(self._buffer) > MAX_MESSAGE_BYTES:
                raise ProtocolError(f"a message of more than {MAX_MESSAGE_BYTES:,} bytes")
            self._buffer += self._read(deadline)
        message, _, self._buffer = self._buffer.partition(_END)
        if len(message) > MAX_MESSAGE_BYTES:
            raise ProtocolError(f"a message of more than {MAX_MESSAGE_BYTES:,} bytes")
        return _parse(message)

    def close(self) -> None:
        """Closes the connection; the other side can still read what was sent."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
            # Unread bytes would reset the connection, but OpenAI's client handles only a broken pipe.
            while self._socket.recv(MAX_MESSAGE_BYTES):
                pass
        self._socket.close()

    def _read(self, deadline: float | None) -> bytes:
        while True:
            try:
                data = self._socket.recv(MAX_MESSAGE_BYTES)
            except BlockingIOError:
                self._wait(select.POLLIN, deadline)
                continue
            if not data:
                raise ConnectionError("the other side has closed the connection")
            return data

    def _wait(self, event: int, deadline: float | None) -> None:
        poll = select.poll()
        poll.register(self._socket, event)
        if not poll.poll(None if deadline is None else 1000 * max(deadline - time.monotonic(), 0.0)):
            raise TimeoutError("the other side did not answer in time")


def _deadline(seconds: float | None) -> float | None:
    return None if seconds is None else time.monotonic() + seconds


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
