"""The environment's side of gym-remote: a directory with a socket for one client, and the loop that serves it."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import time
from typing import Any, Dict

from actors.gym_remote.channels import BoolChannel, Channel, FloatChannel, channel_of
from actors.gym_remote.connection import Connection
from actors.gym_remote.errors import (
    ClientDisconnectError,
    GymRemoteError,
    ProtocolError,
    ResetRefusedError,
    ServerDisconnectError,
    TimestepLimitError,
    WallClockLimitError,
)
from actors.portable.file_lock import try_lock

SOCKET = "sock"
MAX_PATH_BYTES = 107
"""Most bytes of a Unix socket's path on Linux."""
REFUSAL = {"refusal": "alone"}
"""Annotation of our channel reset: a refusal is not followed by an update, as it is by OpenAI's server."""
_LAST_WORDS_SECONDS = 1.0
Values = Dict[str, Any]


class Hosted:
    """An environment to serve: any of gym or gymnasium, with channels for its spaces.

    A subclass may add channels to and from the client.
    """

    def __init__(self, env: Any) -> None:
        self.env = env
        self.channels: dict[str, Channel] = {
            "ac": channel_of(env.action_space),
            "ob": channel_of(env.observation_space),
            "reward": FloatChannel(),
            "done": BoolChannel(),
            "reset": BoolChannel(REFUSAL),
        }

    def reset(self, given: Values) -> Values:
        """Begins an episode.

        Args:
            given: the last value of each channel of the client.

        Returns:
            Values of the server's channels, with ob.
        """
        answer = self.env.reset()
        # gym gave the observation alone until 0.26.
        return {"ob": answer[0] if isinstance(answer, tuple) else answer}

    def step(self, given: Values) -> Values:
        """Plays a step; returns ob, reward and done."""
        ob, reward, *ends = self.env.step(given["ac"])
        # (done, info), since gym 0.26 (terminated, truncated, info).
        return {"ob": ob, "reward": reward, "done": any(ends[:-1])}

    def close(self) -> None:
        self.env.close()


class Server:
    """A server in a directory, which holds its socket and the channels' files."""

    def __init__(self, directory: str, channels: dict[str, Channel]) -> None:
        """
        Raises:
            OSError: the directory cannot be used, or has another server.
        """
        self._directory = directory
        self._channels = channels
        self._path = socket_path(directory)
        self._connection: Connection | None = None
        self._lock = lock(directory)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            # A killed server may have left it.
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path)
            self._listener.bind(self._path)
            os.chmod(self._path, 0o600)
            for name, channel in channels.items():
                channel.open(directory, name, create=True)
            # Only now can a client connect, which opens the files at once.
            self._listener.listen(1)
        except BaseException:
            self.close()
            raise

    def accept(self, seconds: float | None) -> None:
        """Waits for the client and sends it the channels' descriptions.

        Raises:
            WallClockLimitError: no client came within so many seconds.
        """
        self._listener.settimeout(seconds)
        try:
            sock, _ = self._listener.accept()
        except (socket.timeout, BlockingIOError) as error:
            raise WallClockLimitError("no client came in time") from error
        self._connection = Connection(sock)
        self._send("description", {name: channel.describe() for name, channel in self._channels.items()}, seconds)

    def receive(self, seconds: float | None) -> Values:
        """Waits for the client's next update and returns its values.

        Raises:
            WallClockLimitError: no update came within so many seconds.
            ClientDisconnectError: the client has gone.
            ProtocolError: the client sent something else.
        """
        assert self._connection
        try:
            kind, content = self._connection.receive(seconds)
        except TimeoutError as error:
            raise WallClockLimitError("the time that is allowed is over") from error
        except ConnectionError as error:
            raise ClientDisconnectError(str(error)) from error
        if kind == "close":
            reason = content.get("reason") if isinstance(content, dict) else None
            raise ClientDisconnectError(f"the client has closed{f': {str(reason)[:200]}' if reason else ''}")
        if kind != "update":
            raise ProtocolError(f"a message {kind} where an update was expected")
        return decode(self._channels, content)

    def send(self, values: Values, seconds: float | None) -> None:
        """Sends an update.

        Raises:
            WallClockLimitError: the client did not read it within so many seconds.
            ClientDisconnectError: the client has gone.
        """
        self._send("update", encode(self._channels, values), seconds)

    def refuse(self, error: GymRemoteError, seconds: float | None) -> None:
        """Sends an error instead of a result; the client may send another request. Raises as `send` does."""
        self._send("exception", {"reason": str(error), "exception": error.number}, seconds)

    def close(self, error: GymRemoteError | None = None) -> None:
        """Removes socket and files, and sends the client the reason, if it is connected."""
        self._listener.close()
        for path in [self._path, *(os.path.join(self._directory, name) for name in self._channels)]:
            with contextlib.suppress(OSError):
                os.unlink(path)
        for channel in self._channels.values():
            channel.close()
        os.close(self._lock)
        # Last, so that a client that gets this can start another server in the same directory.
        if self._connection:
            content = {"reason": str(error), "exception": error.number} if error else {"reason": None}
            with contextlib.suppress(OSError, TimeoutError):
                self._connection.send("close", content, _LAST_WORDS_SECONDS)
            self._connection.close()
            self._connection = None

    def _send(self, kind: str, content: Any, seconds: float | None) -> None:
        assert self._connection
        try:
            self._connection.send(kind, content, seconds)
        except TimeoutError as error:
            raise WallClockLimitError("the time that is allowed is over") from error
        except ConnectionError as error:
            raise ClientDisconnectError(str(error)) from error


def serve(
    hosted: Hosted,
    directory: str,
    timestep_limit: int | None = None,
    wall_clock_limit: float | None = None,
    contest_resets: bool = True,
) -> int:
    """Serves one client until it goes or a limit is reached; returns the number of steps and resets.

    Args:
        timestep_limit: most steps and resets.
        wall_clock_limit: seconds from now.
        contest_resets: refuse a reset before the episode's end, as in the Retro Contest.

    Raises:
        ProtocolError: the client sent something that is not gym-remote.
        OSError: the directory cannot be used.
    """
    deadline = None if wall_clock_limit is None else time.monotonic() + wall_clock_limit
    server = Server(directory, hosted.channels)
    why: GymRemoteError | None = None
    steps = 0
    try:
        given: Values = {}
        over = True
        server.accept(_left(deadline))
        while timestep_limit is None or steps < timestep_limit:
            if _left(deadline) == 0.0:
                # Requests that have come already are not waited for, and would go on being served.
                raise WallClockLimitError("the time that is allowed is over")
            given.update(server.receive(_left(deadline)))
            if given.pop("reset", False):
                if contest_resets and not over:
                    server.refuse(ResetRefusedError("the episode is not over"), _left(deadline))
                    continue
                answer = {"reward": 0.0, "done": False, **hosted.reset(given), "reset": False}
            elif over:
                server.refuse(ResetRefusedError("no episode is under way; a reset begins one"), _left(deadline))
                continue
            elif "ac" not in given:
                raise ProtocolError("a step without an action")
            else:
                answer = hosted.step(given)
            over = bool(answer["done"])
            server.send(answer, _left(deadline))
            steps += 1
        why = TimestepLimitError(f"all {steps:,} steps are done")
    except (WallClockLimitError, ClientDisconnectError) as error:
        why = error
    except ProtocolError as error:
        why = GymRemoteError(str(error))
        raise
    except Exception as error:
        why = GymRemoteError(f"the environment has failed: {error}")
        raise
    except BaseException:
        why = ServerDisconnectError("the server was stopped")
        raise
    finally:
        server.close(why)
    return steps


def encode(channels: dict[str, Channel], values: Values) -> Values:
    """Returns the content of an update for values."""
    return {name: channels[name].encode(value) for name, value in values.items()}


def decode(channels: dict[str, Channel], content: object) -> Values:
    """Returns the values in the content of an update.

    Raises:
        ProtocolError: it has unknown channels, or values that are not theirs.
    """
    if not isinstance(content, dict):
        raise ProtocolError(f"an update must be an object, not {str(content)[:80]!r}")
    unknown = [name for name in content if name not in channels]
    if unknown:
        raise ProtocolError(f"no channel has the name {unknown[0][:80]!r}")
    values = {}
    for name, wire in content.items():
        try:
            values[name] = channels[name].decode(wire)
        except ProtocolError as error:
            raise ProtocolError(f"channel {name}: {error}") from error
    return values


def socket_path(directory: str) -> str:
    """Returns the path of the socket in a directory.

    Raises:
        OSError: it would be too long.
    """
    path = os.path.join(directory, SOCKET)
    if len(os.fsencode(path)) > MAX_PATH_BYTES:
        raise OSError(errno.ENAMETOOLONG, f"a socket's path can have {MAX_PATH_BYTES} bytes at most", path)
    return path


def lock(directory: str) -> int:
    """Locks a directory against other servers; returns the descriptor whose closing ends the lock.

    Raises:
        OSError: the directory cannot be used, or has another server.
    """
    path = socket_path(directory)
    taken = OSError(errno.EADDRINUSE, "another server is there", directory)
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # One that is not ours holds no lock, nor does any where the file system has none.
        try_lock(descriptor)
        if _is_answered(path):
            raise taken
    except BlockingIOError:
        os.close(descriptor)
        raise taken from None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _is_answered(path: str) -> bool:
    probe = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        probe.connect(path)
    except (ConnectionRefusedError, FileNotFoundError):
        return False
    finally:
        probe.close()
    return True


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(deadline - time.monotonic(), 0.0)
