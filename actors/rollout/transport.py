"""Where an actor gets newer weights from, and where its sequences go, without ever blocking a step."""

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
    """Gives versions newer than the one in use. One that is not as its maker's digest says is refused, once."""

    @property
    def refused(self) -> int:
        """Versions so far."""

    def newer(self, using: int) -> tuple[int, Weights] | None: ...


class SequenceSink(Protocol):
    """Takes sequences."""

    @property
    def in_flight(self) -> int:
        """Shipments that are not taken in yet."""

    def ship(self, sequences: Sequences) -> bool:
        """False when it had no room and the sequences are dropped."""


class _Taking:
    """Takes versions up, and remembers the one that it refused."""

    def __init__(self) -> None:
        self.refused = 0
        self._version = 0

    def wanted(self, published: Published | None) -> Published | None:
        """The version, unless it was refused before."""
        return None if published is None or published.version == self._version else published

    def take(self, published: Published) -> tuple[int, Weights] | None:
        """The version and its arrays; None if it is refused."""
        weights = published.checked()
        if weights is None:
            self.refused += 1
            self._version = published.version
            return None
        return published.version, weights


class RemoteWeights:
    """Prefetches from the parameter server's Ray actor: asks, lets the answer and then the weights come, takes them."""

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
        """The version and weights once they are on this node; None until then."""
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
    """Ships to the learner's Ray actor by object reference, with a bounded number on the way."""

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
    """The parameter server in this process."""

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
    """The learner in this process."""

    in_flight = 0

    def __init__(self, learner: Any) -> None:
        self._learner = learner

    def ship(self, sequences: Sequences) -> bool:
        self._learner.add(sequences)
        return True


def _here(ref: ray.ObjectRef) -> bool:
    return bool(ray.wait([ref], timeout=0, fetch_local=True)[0])
