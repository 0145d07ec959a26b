"""Where an actor gets newer weights from, and where its sequences go, without ever blocking a step."""

import time
from typing import Any, Protocol

import ray

from world_model.sequences import Sequences
from world_model.weights_store import Weights

_POLL_SECONDS = 0.5
_SEQUENCES_IN_FLIGHT = 16


class WeightsSource(Protocol):
    """Gives versions newer than the one in use."""

    def newer(self, using: int) -> tuple[int, Weights] | None: ...


class SequenceSink(Protocol):
    """Takes sequences."""

    @property
    def in_flight(self) -> int:
        """Lots that are not taken in yet."""

    def ship(self, sequences: Sequences) -> bool:
        """False when it had no room and the sequences are dropped."""


class RemoteWeights:
    """Prefetches from the parameter server's Ray actor: asks, lets the answer and then the weights come, takes them."""

    def __init__(self, server: Any, name: str) -> None:
        self._server = server
        self._name = name
        self._answer: ray.ObjectRef | None = None
        self._weights: tuple[int, ray.ObjectRef] | None = None
        self._next_poll = 0.0

    def newer(self, using: int) -> tuple[int, Weights] | None:
        """The version and weights once they are on this node; None until then."""
        try:
            return self._advance(using)
        except (ray.exceptions.RayError, OSError):
            # The server is being restarted, or this node's Ray died, and we shall follow it: keep what we have.
            self._answer, self._weights = None, None
            self._next_poll = time.monotonic() + 1.0
            return None

    def _advance(self, using: int) -> tuple[int, Weights] | None:
        if self._weights is not None:
            version, ref = self._weights
            if not _here(ref):
                return None
            self._weights = None
            return version, ray.get(ref)
        if self._answer is not None:
            if not _here(self._answer):
                return None
            published, self._answer = ray.get(self._answer), None
            if published is not None:
                self._weights = (published.version, published.weights[0])
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

    def newer(self, using: int) -> tuple[int, Weights] | None:
        published = self._server.poll(self._name, using)
        return None if published is None else (published.version, published.weights)


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
