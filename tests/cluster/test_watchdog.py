import os
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest
import ray

from actors.rollout.rollout import actor_name
from cluster.metrics.faults import Faults
from cluster.training.watchdog import Watchdog

pytestmark = [pytest.mark.usefixtures("ray_session"), pytest.mark.slow]
LIMIT = 2.0


@ray.remote(num_cpus=0, max_restarts=-1)
class Part:
    """Something to be watched."""

    def __init__(self, silent: float = 0.0) -> None:
        self._silent = silent

    def ping(self) -> str:
        return "pong"

    def silence(self) -> float:
        return self._silent

    def pid(self) -> int:
        return os.getpid()

    def work(self, seconds: float) -> None:
        time.sleep(seconds)


@ray.remote(num_cpus=0, max_concurrency=2)
class Server:
    """The parameter server's share in it."""

    def __init__(self, ages: dict[str, float]) -> None:
        self._ages = ages

    def heartbeats(self) -> dict[str, float]:
        return self._ages


def _pid(part: Any) -> int:
    """Also of one that is being restarted."""
    while True:
        try:
            return int(ray.get(part.pid.remote(), timeout=120))
        except ray.exceptions.RayActorError:
            time.sleep(0.2)


def _watch(
    seconds: float,
    parts: dict[str, tuple[Any, str]] | None = None,
    actors: dict[int, Any] | None = None,
    ages: dict[str, float] | None = None,
    during: Callable[[], None] = lambda: None,
) -> tuple[int, list[str]]:
    """How many were ended, and what was told."""
    server = Server.remote(ages or {})
    ray.get(server.heartbeats.remote())
    messages: list[str] = []
    faults = Faults(messages.append)
    with Watchdog(lambda: parts or {}, lambda: actors or {}, server, LIMIT, faults):
        during()
        time.sleep(seconds)
    ray.kill(server)
    return faults.row()["silent_parts_total"], messages


def test_an_actor_with_nothing_to_do_is_left_alone() -> None:
    part = Part.remote()
    pid = _pid(part)
    assert _watch(3 * LIMIT, actors={1: part}, ages={actor_name(1): 100.0}) == (0, [])
    assert _pid(part) == pid
    ray.kill(part)


def test_an_actor_that_works_for_long_and_polls_is_left_alone() -> None:
    part = Part.remote()
    pid = _pid(part)
    busy = part.work.remote(4 * LIMIT)
    assert _watch(3 * LIMIT, actors={1: part}, ages={actor_name(1): 0.1}) == (0, [])
    ray.get(busy)
    assert _pid(part) == pid
    ray.kill(part)


@pytest.mark.parametrize("ages", [{}, {actor_name(3): 100.0}], ids=["never heard from", "heard from long ago"])
def test_an_actor_that_is_stuck_is_replaced_and_named(ages: dict[str, float]) -> None:
    part = Part.remote()
    pid = _pid(part)
    ended, messages = _watch(3 * LIMIT, actors={3: part}, ages=ages, during=lambda: os.kill(pid, signal.SIGSTOP))
    assert ended == 1
    assert "the rollout actor 3 gave no sign of life" in messages[0]
    assert _pid(part) != pid
    ray.kill(part)


def test_a_part_that_answers_that_it_is_stuck_is_replaced() -> None:
    part, fine = Part.remote(100.0), Part.remote(0.0)
    pids = _pid(part), _pid(fine)
    ended, messages = _watch(3.0, parts={"learner": (part, "silence"), "other": (fine, "silence")})
    assert ended >= 1
    assert all("the learner gave no sign of life for 100 s" in line for line in messages)
    assert _pid(part) != pids[0]
    assert _pid(fine) == pids[1]
    for actor in (part, fine):
        ray.kill(actor)
