"""An actor's source of newer weights and sink of sequences, which never block a step."""

import time
from dataclasses import replace
from typing import Any, Protocol

import ray

from world_model.published.parameter_server import Published
from world_model.published.weights import Weights
from world_model.sequences import Sequences

_POLL_SECONDS = 0.5
_SEQUENCES_IN_FLIGHT = 16


class WeightsSource(Protocol):
    """Gives versions newer than the one in use. A version that is damaged or not finite is refused, once."""

    @property
    def refused(self) -> int:
        """Number of versions that were refused."""

    def newer(self, using: int) -> tuple[int, Weights] | None: ...


class SequenceSink(Protocol):
    """Sends sequences to the world-model learner."""

    @property
    def in_flight(self) -> int:
        """Number of shipments that the learner has not taken yet."""

    def ship(self, sequences: Sequences) -> bool:
        """Sends sequences; returns False if there was no room and they were dropped."""


class _Taking:
    """Checks versions, and remembers the one that it refused."""

    def __init__(self) -> None:
        self.refused = 0
        self._version = 0

    def wanted(self, published: Published | None) -> Published | None:
        """Returns the version; None if there is none, or it was refused before."""
        return None if published is None or published.version == self._version else published

    def take(self, published: Published) -> tuple[int, Weights] | None:
        """Returns the version's number and its arrays; None if it is refused."""
        weights = published.checked()
        if weights is None:
            self.refused += 1
            self._version = published.version
            return None
        return published.version, weights


class RemoteWeights:
    """Fetches weights from the parameter server's Ray actor in the background: first the version, then its arrays."""

    def __init__(self, server: Any, name: str) -> None:
        self._server = server
        self._name = name
        self._answer: ray.ObjectRef | None = None
        self._coming: Published | None = None
        self._next_poll = 0.0
        self._taking = _Taking()

    @property
    def refused(self) -> int:
        return self._taking.refused

    def newer(self, using: int) -> tuple[int, Weights] | None:
        """Returns version and weights once they are on this node; None until then."""
        try:
            return self._advance(using)
        except (ray.exceptions.RayError, OSError):
            # The server is being restarted, or this node's Ray died, and we shall follow it: keep what we have.
            self._answer, self._coming = None, None
            self._next_poll = time.monotonic() + 1.0
            return None

    def _advance(self, using: int) -> tuple[int, Weights] | None:
        if self._coming is not None:
            ref = self._coming.weights[0]
            if not _here(ref):
                return None
            published, self._coming = replace(self._coming, weights=ray.get(ref)), None
            return self._taking.take(published)
        if self._answer is not None:
            if not _here(self._answer):
                return None
            self._coming, self._answer = self._taking.wanted(ray.get(self._answer)), None
            return None
        if time.monotonic() >= self._next_poll:
            self._next_poll = time.monotonic() + _POLL_SECONDS
            self._answer = self._server.poll.remote(self._name, using)
        return None


class RemoteSink:
    """Sends sequences to the learner's Ray actor by object reference, with a bounded number on their way."""

    def __init__(self, learner: Any) -> None:
        self._learner = learner
        self._in_flight: list[ray.ObjectRef] = []

    @property
    def in_flight(self) -> int:
        if self._in_flight:
            _, self._in_flight = ray.wait(self._in_flight, num_returns=len(self._in_flight), timeout=0)
        return len(self._in_flight)

    def ship(self, sequences: Sequences) -> bool:
        try:
            if self.in_flight >= _SEQUENCES_IN_FLIGHT:
                return False
            self._in_flight.append(self._learner.add.remote(ray.put(sequences)))
        except OSError:
            # This node's Ray died, and we shall follow it.
            return False
        return True


class LocalWeights:
    """Takes weights from a parameter server in this process."""

    def __init__(self, server: Any, name: str) -> None:
        self._server = server
        self._name = name
        self._taking = _Taking()

    @property
    def refused(self) -> int:
        return self._taking.refused

    def newer(self, using: int) -> tuple[int, Weights] | None:
        published = self._taking.wanted(self._server.poll(self._name, using))
        return self._taking.take(published) if published else None


class LocalSink:
    """Gives sequences to a learner in this process."""

    in_flight = 0

    def __init__(self, learner: Any) -> None:
        self._learner = learner

    def ship(self, sequences: Sequences) -> bool:
        self._learner.add(sequences)
        return True


def _here(ref: ray.ObjectRef) -> bool:
    return bool(ray.wait([ref], timeout=0, fetch_local=True)[0])
