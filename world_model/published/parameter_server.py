"""The parameter server: numbers published weights, distributes them, and knows the version of each actor."""

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from world_model.finite import NotFiniteError
from world_model.published.weights import Weights, WeightsDiffer, check_weights
from world_model.published.weights_store import Shapes, StoreUnavailable, WeightsStore

_RETRY_SECONDS = 1.0
_MOST_NOTES = 20
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Published:
    """A published version.

    Attributes:
        version: its number.
        weights: the arrays, or what the server's `put` made of them.
        digest: of the arrays, by their maker; receivers check the arrays by it.
    """

    version: int
    weights: Any
    digest: str

    def checked(self) -> Weights | None:
        """Returns the weights, which must be arrays by now; None if they differ from the digest, or are not finite.

        A refusal is logged.
        """
        try:
            check_weights(self.weights, self.digest)
        except (WeightsDiffer, NotFiniteError) as error:
            log.warning("version %d is refused: %s", self.version, error)
            return None
        weights: Weights = self.weights
        return weights


class ParameterServer:
    """Numbers and distributes versions. It is a plain object, which the driver may make into a named Ray actor.

    A version is in the store before anyone can see it, so after a kill the server comes back with the newest. While the
    store is away the server goes on, logs that once, and writes the newest versions when the store is back, which it
    tries with each publish and with the actors' polls.
    """

    def __init__(
        self,
        redis_url: str,
        run: str,
        keep: int,
        lag: int,
        put: Callable[[Weights], Any] = lambda weights: weights,
        shapes: Shapes | None = None,
    ) -> None:
        """
        Args:
            redis_url: of the store.
            run: the run's name in the store.
            keep: number of newest versions that are kept.
            lag: how many versions the lagged one is behind the newest, 1 to `keep` - 1.
            put: converts a version's arrays, once, to what actors get: the arrays, or references to them.
            shapes: of the weights; a stored version with others is left out.

        Raises:
            StoreUnavailable: the store cannot be reached.
            ValueError: lag is not between 1 and keep - 1.
        """
        if not 0 < lag < keep:
            raise ValueError(f"lag {lag} is not between 1 and keep - 1 = {keep - 1}")
        self._store = WeightsStore(redis_url, run, keep, shapes, warn=self._note)
        self._keep = keep
        self._lag = lag
        self._put = put
        # The store's number counts even where its value is damaged: versions never repeat.
        self._newest = self._store.newest()
        self._updates = self._store.newest_updates() if self._newest else -1
        stored, self._notes = self._store.load_kept()
        self._kept = {
            version: Published(version, put(entry.weights), entry.digest) for version, entry in stored.items()
        }
        self._unwritten: dict[int, tuple[Weights, int, str]] = {}
        self._using: dict[str, int] = {}
        self._heard: dict[str, float] = {}
        self._life = uuid.uuid4().hex
        self._publish_seconds = 0.0
        self._store_seconds = 0.0
        self._failures = 0
        self._refused = 0
        self._trouble = ""
        self._next_try = 0.0

    def publish(self, weights: Weights, updates: int, digest: str) -> int:
        """Gives weights the next version and returns it.

        Weights equal to the newest version's, with an equal number of updates, keep that version: Ray may retry a call.
        Others get a new version, even if the store has one of as many updates or more: a run resumes from its
        checkpoint. Weights that differ from their digest, or are not finite, are refused, and the newest version is
        returned.

        Args:
            updates: number of learner updates behind the weights.
            digest: of the weights, by their maker.
        """
        try:
            check_weights(weights, digest)
        except (WeightsDiffer, NotFiniteError) as error:
            self._refused += 1
            self._note(f"a published version is refused: {error}")
            return self._newest
        newest = self._kept.get(self._newest)
        if updates == self._updates and newest:
            if newest.digest == digest:
                return self._newest
            self._note(
                f"version {self._newest} of {updates} updates has other values than the weights that the run goes on"
                f" with; these are published as version {self._newest + 1}"
            )
        begin = time.perf_counter()
        version = self._newest + 1
        self._unwritten[version] = (weights, updates, digest)
        self._write()
        self._newest, self._updates = version, updates
        self._kept[version] = Published(version, self._put(weights), digest)
        for old in sorted(self._kept)[: -self._keep]:
            del self._kept[old]
        self._publish_seconds = time.perf_counter() - begin
        return version

    def newest(self) -> Published | None:
        """Returns the newest version; None if nothing is published yet."""
        return self._kept[max(self._kept)] if self._kept else None

    def newest_version(self) -> int:
        """Returns the number of the newest version; 0 if nothing is published yet."""
        return self._newest

    def raise_to(self, version: int) -> None:
        """Lets the next versions have numbers above `version`, that of a checkpoint whose store is lost."""
        self._newest = max(self._newest, version)

    def lagged(self) -> Published | None:
        """Returns the version that is `lag` behind the newest; None while there are too few.

        The oldest one is no substitute: in its first updates a world model improves on everything, even on noise.
        """
        versions = sorted(self._kept)
        return self._kept[versions[-1 - self._lag]] if len(versions) > self._lag else None

    def poll(self, actor: str, using: int) -> Published | None:
        """Returns the newest version if it is newer than `using`, that of the actor; else None.

        Actors poll between their steps, so this is also their heartbeat.
        """
        self._using[actor] = using
        self._heard[actor] = time.monotonic()
        if self._unwritten and time.monotonic() >= self._next_try:
            self._write()
        newest = self.newest()
        return newest if newest is not None and newest.version > using else None

    def heartbeats(self) -> dict[str, float]:
        """Returns the seconds since each actor's last poll. An idle actor does not poll."""
        now = time.monotonic()
        return {actor: now - heard for actor, heard in list(self._heard.items())}

    def life(self) -> str:
        """Returns a random word, another one after every restart of this server."""
        return self._life

    def staleness(self) -> dict[str, int]:
        """Returns the newest version minus the one used, for each actor that has polled."""
        return {actor: self._newest - using for actor, using in self._using.items()}

    def notes(self) -> list[str]:
        """Returns messages for the user, oldest first, such as of versions that were left out, refused or replaced."""
        return list(self._notes)

    def get_metrics(self) -> dict[str, float]:
        staleness = list(self.staleness().values())
        return {
            "weights_version": self._newest,
            "staleness_mean": sum(staleness) / len(staleness) if staleness else 0.0,
            "staleness_max": max(staleness, default=0),
            "publish_seconds": self._publish_seconds,
            "store_write_seconds": self._store_seconds,
            "store_unwritten": len(self._unwritten),
            "store_failures_total": self._failures,
            "weights_refused_total": self._refused,
            "store_away": int(bool(self._trouble)),
        }

    def trouble(self) -> str:
        """Returns why the newest versions cannot be written; "" while they can."""
        return self._trouble

    def _note(self, note: str) -> None:
        self._notes = [*self._notes, note][-_MOST_NOTES:]

    def _write(self) -> None:
        """Writes the versions that are not in the store yet, as far as possible."""
        for version in sorted(self._unwritten)[: -self._keep]:
            del self._unwritten[version]
        begin = time.monotonic()
        try:
            for version in sorted(self._unwritten):
                begin_write = time.perf_counter()
                self._store.save(version, *self._unwritten[version])
                self._store_seconds = time.perf_counter() - begin_write
                del self._unwritten[version]
        except StoreUnavailable as error:
            if not self._trouble:
                log.warning("%s; versions are kept in memory until it takes them", error)
            self._trouble = str(error)
            self._failures += 1
            # A store that hangs may cost polls no more than a tenth of the time.
            end = time.monotonic()
            self._next_try = end + max(_RETRY_SECONDS, 9 * (end - begin))
            return
        if self._trouble:
            log.warning("the store is back; it has all versions up to %d", version)
        self._trouble = ""
