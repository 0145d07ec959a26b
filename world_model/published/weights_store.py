"""Keeps published weights in a server of Redis's protocol, so that they outlive the parameter server."""

import hashlib
import logging
import re
import uuid
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import redis

from world_model.published.weights import Weights, check_weights, digest_of, from_bytes, to_bytes

Shapes = Mapping[str, tuple[int, ...]]
"""Parameter name -> shape."""

_SCHEMES = ("redis", "rediss", "unix")
_TIMEOUT_SECONDS = 3.0
_MAGIC = b"sonic-worlds weights 2\n"
"""Beginning of a value, before digest and arrays. The first format had none, and arrays that were not in C order."""
_DIGEST_BYTES = 32
log = logging.getLogger(__name__)


_ALONE = "it is in cluster mode; give a server that is not"
_MENDS = {
    redis.exceptions.MovedError: _ALONE,
    redis.exceptions.ClusterDownError: _ALONE,
    redis.exceptions.ClusterCrossSlotError: _ALONE,
    redis.exceptions.ReadOnlyError: "it is a replica; give its primary's address",
    redis.exceptions.OutOfMemoryError: "raise its maxmemory, or empty it",
    redis.exceptions.NoPermissionError: "let its user read and write keys that begin with sonic-worlds:",
}
"""Remedies, by the error of a refusal."""


class StoreUnavailable(ConnectionError):
    """The server cannot be reached, or does not execute a command."""


class StoreRefuses(StoreUnavailable):
    """The server refuses a command, and the message has its words; or it has too little room."""


class StoreDamaged(ValueError):
    """A stored value is damaged or missing."""


class StoreOutdated(StoreDamaged):
    """A stored value is of an older version of this software, which wrote some arrays in another order than it read."""


@dataclass(frozen=True)
class Stored:
    """A saved version: weights, and the digest of their maker (`digest_of`)."""

    weights: Weights
    digest: str


def check_redis(url: str, size: int = 0, versions: int = 1) -> str | None:
    """Checks that a server takes a run's versions and returns them, by writing one, which is then removed.

    Args:
        url: of the server.
        size: size of a version, in bytes.
        versions: number of versions that a run keeps.

    Returns:
        A warning, which is not logged; None if there is none.

    Raises:
        ValueError: the URL has no scheme of redis, rediss or unix.
        StoreUnavailable: the server does not answer within a few seconds.
        StoreRefuses: the server refuses a command.
    """
    weights = {"zeros": np.zeros(max(size, 1), np.uint8)}
    warnings: list[str] = []
    with closing(WeightsStore(url, f"check-{uuid.uuid4().hex}", versions, warn=warnings.append)) as store:
        try:
            store.save(1, weights, 1, digest_of(weights))
            store.load(1)
        except StoreUnavailable:
            with suppress(StoreUnavailable):
                store.forget()
            raise
        store.forget()
        # One more than are kept, for the oldest is removed after the newest was written.
        store.require_room((versions + 1) * size)
    return warnings[0] if warnings else None


class WeightsStore:
    """The versions of one run in a server: a value with arrays and digest for each, and the number of the newest.

    Only safetensors and integers are read, never code.
    """

    def __init__(
        self, url: str, run: str, keep: int, shapes: Shapes | None = None, warn: Callable[[str], None] = log.warning
    ) -> None:
        """
        Args:
            url: of the server.
            run: part of every key, so that runs can share a server.
            keep: number of versions that are kept.
            shapes: of the weights; stored values with others count as damaged. None: any.
            warn: called with a message if the server cannot guarantee that writes are on its disk.

        Raises:
            ValueError: the URL has an unknown scheme.
        """
        if urlsplit(url).scheme not in _SCHEMES:
            raise ValueError(f"Redis URL {masked(url)!r} does not begin with one of redis://, rediss://, unix://")
        self._url = url
        self._prefix = f"sonic-worlds:{run}:"
        self._keep = keep
        self._shapes = shapes
        self._warn = warn
        timeouts = {"socket_timeout": 2 * _TIMEOUT_SECONDS}
        if not url.startswith("unix"):
            timeouts["socket_connect_timeout"] = _TIMEOUT_SECONDS
        self._client = redis.Redis.from_url(url, **timeouts)
        self._syncs = True

    def save(self, version: int, weights: Weights, updates: int, digest: str) -> None:
        """Writes a version, and in the same transaction makes it the newest and removes the oldest.

        Args:
            version: its number.
            updates: number of learner updates behind it.
            digest: of the weights, by their maker.

        Raises:
            StoreUnavailable: the version is not written, or not known to be on disk.
        """
        transaction = self._client.pipeline(transaction=True)
        transaction.set(self._key(version), _MAGIC + bytes.fromhex(digest) + to_bytes(weights))
        transaction.set(self._prefix + "newest", version)
        transaction.set(self._prefix + "updates", updates)
        transaction.zadd(self._prefix + "versions", {str(version): version})
        for old in self.versions():
            if old <= version - self._keep:
                transaction.delete(self._key(old))
                transaction.zrem(self._prefix + "versions", old)
        self._call(transaction.execute)
        if self._syncs:
            self._wait_for_disk()

    def newest(self) -> int:
        """Returns the number of the newest version; 0 if there is none."""
        return self._number("newest")

    def newest_updates(self) -> int:
        """Returns the number of learner updates behind the newest version."""
        return self._number("updates")

    def versions(self) -> list[int]:
        """Returns the numbers of the kept versions, oldest first."""
        return [int(version) for version in self._call(self._client.zrange, self._prefix + "versions", 0, -1)]

    def load(self, version: int) -> Stored:
        """Reads a version.

        Raises:
            StoreDamaged: the value is missing or damaged, has numbers that are not finite, or is of another model.
            StoreOutdated: it was written by an older version of this software.
        """
        key = self._key(version)
        where = f"{key} in {masked(self._url)}"
        value = self._call(self._client.get, key)
        if value is None:
            raise StoreDamaged(f"{where} is missing")
        if _is_outdated(value):
            raise StoreOutdated(f"{where} was written by an older version of this software, in another format")
        begin = len(_MAGIC) + _DIGEST_BYTES
        digest = value[len(_MAGIC) : begin].hex()
        try:
            if not value.startswith(_MAGIC):
                raise ValueError("it does not begin as weights do")
            weights = from_bytes(value[begin:])
            check_weights(weights, digest)
        except ValueError as error:
            raise StoreDamaged(f"{where} is damaged: {error}") from error
        if self._shapes is not None and {name: array.shape for name, array in weights.items()} != self._shapes:
            raise StoreDamaged(f"{where} holds the weights of another model")
        return Stored(weights, digest)

    def load_kept(self) -> tuple[dict[int, Stored], list[str]]:
        """Returns all intact versions, and why each of the others is left out, which is also logged."""
        kept, left_out = {}, []
        for version in self.versions():
            try:
                kept[version] = self.load(version)
            except StoreDamaged as error:
                left_out.append(f"{error}; it is left out")
                log.warning(left_out[-1])
        return kept, left_out

    def forget(self) -> None:
        """Deletes everything of the run from the server.

        Raises:
            StoreUnavailable: they are not deleted.
        """
        names = [*map(self._key, self.versions()), *(self._prefix + name for name in ("newest", "updates", "versions"))]
        self._call(self._client.delete, *names)

    def require_room(self, size: int) -> None:
        """Checks that the server has room for `size` more bytes.

        Raises:
            StoreRefuses: its memory limit is too low.
        """
        try:
            memory = self._client.info("memory")
        except redis.RedisError:
            # Its user has no right to read that.
            return
        most, used = int(memory.get("maxmemory", 0)), int(memory.get("used_memory", 0))
        # With other policies it evicts old values, ours or not.
        keeps = not str(memory.get("maxmemory_policy", "")).startswith("allkeys")
        if most and keeps and used + size > most:
            raise StoreRefuses(
                f"Redis at {masked(self._url)} has no room for a run: its maxmemory is {most:,} bytes, {used:,} of them"
                f" are in use, and {size:,} more are needed; {_MENDS[redis.exceptions.OutOfMemoryError]}"
            )

    def close(self) -> None:
        self._client.close()

    def _wait_for_disk(self) -> None:
        """Waits until writes are in the append-only file and synced, whatever the server's `appendfsync` is.

        For a server that cannot guarantee that, because it has no such file or is older than Redis 7.2, `warn` is
        called once.
        """
        try:
            synced = self._client.execute_command("WAITAOF", 1, 0, int(1000 * _TIMEOUT_SECONDS))
        except redis.ResponseError as error:
            self._syncs = False
            self._warn(
                f"Redis at {masked(self._url)} cannot say when a write is on its disk ({error}); what it acknowledged"
                " can be lost when it is killed"
            )
            return
        except (redis.RedisError, OSError) as error:
            raise StoreUnavailable(f"Redis at {masked(self._url)} does not answer: {error}") from error
        if int(synced[0]) < 1:
            raise StoreUnavailable(f"Redis at {masked(self._url)} did not sync a write to its disk in time")

    def _key(self, version: int) -> str:
        return f"{self._prefix}weights:{version}"

    def _number(self, name: str) -> int:
        value = self._call(self._client.get, self._prefix + name)
        if value is None:
            return 0
        if not value.isdigit():
            raise StoreDamaged(f"{self._prefix}{name} in {masked(self._url)} is no number: {value!r}")
        return int(value)

    def _call(self, call: Any, *arguments: Any) -> Any:
        try:
            return call(*arguments)
        except (redis.ResponseError, redis.exceptions.AuthenticationError) as error:
            raise self._refusal(error) from error
        except (redis.RedisError, OSError) as error:
            raise StoreUnavailable(f"Redis at {masked(self._url)} does not answer: {error}") from error

    def _refusal(self, error: redis.RedisError) -> StoreRefuses:
        # redis-py puts the command before the server's words, and with it a part of the weights.
        words = str(error).rpartition(" of pipeline caused error: ")[2].strip().rstrip(".")
        words = f"{error.status_code} {words}" if error.status_code else words
        mend = next((f"; {mend}" for kind, mend in _MENDS.items() if isinstance(error, kind)), "")
        return StoreRefuses(f"Redis at {masked(self._url)} refuses: {words}{mend}")


def _is_outdated(value: bytes) -> bool:
    """Returns whether a value is of the first format: the SHA-256 of safetensors, then these."""
    return hashlib.sha256(value[_DIGEST_BYTES:]).digest() == value[:_DIGEST_BYTES]


def masked(url: str) -> str:
    """Returns the URL without its password, which is before the host or, for unix://, in the query."""
    url = re.sub(r"://([^:@/]*):.*@", r"://\1:***@", url)
    return re.sub(r"(?<=[?&]password=)[^&]*", "***", url)
