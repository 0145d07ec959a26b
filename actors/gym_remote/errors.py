"""Errors that end or refuse a request, with their numbers in messages."""

from __future__ import annotations


class GymRemoteError(RuntimeError):
    """The other side reports an error, or the connection cannot go on."""

    number = 0


class ProtocolError(GymRemoteError):
    """The other side sent something that is not gym-remote. It had no effect."""


class TimestepLimitError(GymRemoteError):
    """All steps that the server allows are done."""

    number = 1


class WallClockLimitError(GymRemoteError):
    """The time that the server allows is over."""

    number = 2


class ClientDisconnectError(GymRemoteError):
    """The client has gone."""

    number = 3


class ServerDisconnectError(GymRemoteError):
    """The server has gone."""

    number = 4


class ResetRefusedError(GymRemoteError):
    """A reset inside an episode, or a step outside of one. The connection lives on."""

    number = 5


_BY_NUMBER = {
    error.number: error
    for error in (
        GymRemoteError,
        TimestepLimitError,
        WallClockLimitError,
        ClientDisconnectError,
        ServerDisconnectError,
        ResetRefusedError,
    )
}


def error_of(content: object) -> GymRemoteError:
    """Returns the error in the content of a `close` or `exception` message.

    Raises:
        ProtocolError: the content is no error.
    """
    if content is None:
        # Early versions of the protocol closed with null.
        content = {}
    if not isinstance(content, dict):
        raise ProtocolError(f"an error must be an object, not {str(content)[:80]!r}")
    # A close without a number: the server has no more to say.
    number, reason = content.get("exception", ServerDisconnectError.number), content.get("reason")
    if type(number) is not int or number not in _BY_NUMBER:
        raise ProtocolError(f"error number {str(number)[:80]!r} is none of 0 to {max(_BY_NUMBER)}")
    if not (reason is None or isinstance(reason, str)):
        raise ProtocolError(f"an error's reason must be text, not {str(reason)[:80]!r}")
    error = _BY_NUMBER[number]
    return error(reason or (error.__doc__ or "").partition("\n")[0].rstrip("."))
