"""The agent's side of gym-remote."""

from __future__ import annotations

import contextlib
import socket
import time
from typing import Any, NoReturn

import numpy as np

from actors.gym_remote.channels import Channel, make_channel
from actors.gym_remote.connection import Connection
from actors.gym_remote.errors import ProtocolError, ServerDisconnectError, error_of
from actors.gym_remote.server import REFUSAL, Values, decode, encode, socket_path

NEEDED = ("ac", "ob", "reward", "done", "reset")
_MAX_CHANNELS = 32
_LOOK_SECONDS = 0.02
_LAST_WORDS_SECONDS = 1.0


class Client:
    """A connection to the server of a directory, and its channels."""

    def __init__(self, directory: str, seconds: float) -> None:
        """
        Args:
            directory: of the server.
            seconds: longest time to wait for the server.

        Raises:
            ServerDisconnectError: there is no server.
            ProtocolError: the server does not speak gym-remote.
        """
        deadline = time.monotonic() + seconds
        self._connection = Connection(_connect(directory, deadline))
        self.channels: dict[str, Channel] = {}
        self._update_follows = False
        try:
            kind, content = self._description(max(deadline - time.monotonic(), 1.0))
            if kind != "description" or not isinstance(content, dict) or len(content) > _MAX_CHANNELS:
                raise ProtocolError("the server did not begin with a description of its channels")
            channels = {name: make_channel(name, description) for name, description in content.items()}
            missing = [name for name in NEEDED if name not in channels]
            if missing:
                raise ProtocolError(f"the server has no channel {', '.join(missing)}")
            for name, channel in channels.items():
                channel.open(directory, name, create=False)
                self.channels[name] = channel
        except ProtocolError as error:
            self.close(str(error))
            raise
        except BaseException:
            self.close()
            raise

    def send(self, values: Values) -> None:
        """Sends an update of the given channels.

        Raises:
            GymRemoteError: the server has gone; the error says why.
        """
        self._forget_what_follows()
        try:
            self._connection.send("update", encode(self.channels, values))
        except ConnectionError:
            self._raise_why()

    def receive(self, seconds: float | None = None) -> Values:
        """Waits for an update of the server and returns its values.

        Args:
            seconds: longest time to wait; None: no limit.

        Raises:
            TimeoutError: no update came in time.
            GymRemoteError: the error that the server sent, or the reason why it has gone.
        """
        kind, content = self._next(seconds)
        if kind != "update":
            raise ProtocolError(f"a message {kind} where an update was expected")
        return decode(self.channels, content)

    def close(self, reason: str | None = None) -> None:
        """Ends the connection, with a reason for the server."""
        with contextlib.suppress(OSError, TimeoutError):
            self._connection.send("close", {"reason": reason}, _LAST_WORDS_SECONDS)
        self._connection.close()
        for channel in self.channels.values():
            channel.close()

    def _description(self, seconds: float) -> tuple[str, Any]:
        try:
            return self._next(seconds)
        except TimeoutError as error:
            raise ServerDisconnectError("the server does not answer; another client may be there") from error

    def _next(self, seconds: float | None) -> tuple[str, Any]:
        try:
            kind, content = self._connection.receive(seconds)
        except ConnectionError as error:
            raise ServerDisconnectError(str(error)) from error
        if kind in ("close", "exception"):
            if kind == "exception" and "reset" in self.channels:
                self._update_follows = self.channels["reset"].annotations.items().isdisjoint(REFUSAL.items())
            raise error_of(content)
        return kind, content

    def _raise_why(self) -> NoReturn:
        """Raises the error by which the server said that it goes."""
        while True:
            self._next(_LAST_WORDS_SECONDS)

    def _forget_what_follows(self) -> None:
        """Discards the update that OpenAI's server sends after an exception."""
        if self._update_follows:
            self._update_follows = False
            with contextlib.suppress(TimeoutError):
                self._next(_LAST_WORDS_SECONDS)


class RemoteEnv:
    """The environment of a server's directory, with gym's classic interface: `step` returns (ob, reward, done, {})."""

    def __init__(self, directory: str, seconds: float = 60.0) -> None:
        """See `Client`."""
        self._client = Client(directory, seconds)
        self.channels = self._client.channels

    def reset(self) -> Any:
        """Begins an episode and returns its first observation.

        Raises:
            ResetRefusedError: the episode is not over.
            GymRemoteError: a limit is reached, or the server has gone.
        """
        self._client.send({"reset": True})
        return self._observation(self._client.receive())

    def step(self, action: Any) -> tuple[Any, float, bool, dict[str, Any]]:
        """Plays a step; returns (observation, reward, done, {}).

        Raises:
            ResetRefusedError: the episode is over.
            GymRemoteError: a limit is reached, or the server has gone.
        """
        # OpenAI's server remembers a reset that it refused.
        self._client.send({"ac": action, "reset": False})
        values = self._client.receive()
        for name in ("reward", "done"):
            if name not in values:
                raise ProtocolError(f"an answer to a step without {name}")
        return self._observation(values), values["reward"], values["done"], {}

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> RemoteEnv:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @staticmethod
    def _observation(values: Values) -> np.ndarray:
        if "ob" not in values:
            raise ProtocolError("an answer without ob")
        return values["ob"]


def _connect(directory: str, deadline: float) -> socket.socket:
    try:
        path = socket_path(directory)
    except OSError as error:
        raise ServerDisconnectError(str(error)) from error
    while True:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.connect(path)
            return sock
        except (FileNotFoundError, ConnectionRefusedError) as error:
            sock.close()
            if time.monotonic() >= deadline:
                raise ServerDisconnectError(f"no server is at {path}") from error
            time.sleep(_LOOK_SECONDS)
        except OSError as error:
            sock.close()
            raise ServerDisconnectError(f"{path}: {error.strerror or error}") from error
