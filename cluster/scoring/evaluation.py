"""Plays the episodes of an evaluation on many emulators, as Ray actors."""

from collections import deque
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

import ray

from actors.agents.evaluator import Evaluator, Job, Outcome
from actors.agents.simple import Agent
from actors.games.levels import Level

_CALL_SECONDS = 0.5
"""Longest time between two reports of an actor, in seconds."""
_RESTARTS = 3
"""Restarts of an actor after which its death counts as a bug."""


class Stopped(Exception):
    """A signal ended the evaluation before it was complete."""


def play_all(
    jobs: Sequence[Job],
    agent: Agent,
    observation_size: int,
    seed: int,
    actors: int,
    emulators_per_actor: int,
    progress: Callable[[Sequence[Outcome], int], None],
    stopping: Callable[[], bool],
    native: bool = False,
) -> list[Outcome]:
    """Plays all jobs, and returns their outcomes in order. They do not depend on the number of actors and emulators.

    Args:
        progress: called with the new outcomes and the number of steps since the last call.
        stopping: called a few times a second; returns whether to stop.
        native: play on native games instead of emulators.

    Raises:
        Stopped: `stopping` returned True; the actors end with Ray.
        ray.exceptions.RayError: an actor failed, or died again and again.
    """
    reference = ray.put(agent)
    outcomes: dict[Job, Outcome] = {}
    # An emulator keeps its game for good, so one game is played after the other, on all of them.
    for _, group in groupby(sorted(jobs, key=lambda job: job.level.game), key=lambda job: job.level.game):
        game_jobs = list(group)
        emulators = min(actors * emulators_per_actor, len(game_jobs))
        shares = [emulators // actors + (i < emulators % actors) for i in range(actors)]
        evaluators = [
            _Remote(game_jobs[0].level, share, reference, observation_size, seed, native)
            for share in shares
            if share > 0
        ]
        for outcome in _play(game_jobs, evaluators, progress, stopping):
            outcomes[outcome.job] = outcome
    return [outcomes[job] for job in jobs]


class _Remote:
    """The driver's end of an evaluation actor. An actor that dies is replaced, and its jobs are played again."""

    def __init__(
        self, level: Level, emulators: int, agent: Any, observation_size: int, seed: int, native: bool
    ) -> None:
        self._arguments = (level, emulators, agent, observation_size, seed, native)
        self._restarts = 0
        self._start()

    def play(self, waiting: deque[Job]) -> Any:
        """Gives jobs to free emulators; returns the reference to the result, None when there are no jobs."""
        idle = [i for i in range(self._arguments[1]) if i not in self._jobs]
        jobs = {i: waiting.popleft() for i in idle[: len(waiting)]}
        self._jobs |= jobs
        return self._actor.play.remote(jobs, _CALL_SECONDS) if self._jobs else None

    def result(self, reference: Any, waiting: deque[Job]) -> tuple[list[Outcome], int]:
        """Returns outcomes and the number of steps; if the actor died, none, and its jobs are waiting again.

        Raises:
            ray.exceptions.RayError: the actor raised an error, or died too often.
        """
        try:
            ended, steps = ray.get(reference)
        except ray.exceptions.RayActorError:
            if self._restarts == _RESTARTS:
                raise
            self._restarts += 1
            waiting.extendleft(self._jobs.values())
            self._start()
            return [], 0
        for emulator in ended:
            del self._jobs[emulator]
        return list(ended.values()), steps

    def close(self) -> None:
        """Ends the actor with its emulators."""
        ray.kill(self._actor)

    def _start(self) -> None:
        self._jobs: dict[int, Job] = {}
        self._actor = ray.remote(Evaluator).options(num_cpus=0).remote(*self._arguments)


def _play(
    jobs: Sequence[Job],
    evaluators: Sequence[_Remote],
    progress: Callable[[Sequence[Outcome], int], None],
    stopping: Callable[[], bool],
) -> list[Outcome]:
    waiting = deque(jobs)
    outcomes: list[Outcome] = []
    pending: dict[Any, _Remote] = {evaluator.play(waiting): evaluator for evaluator in evaluators}
    while pending:
        done, _ = ray.wait(list(pending), timeout=_CALL_SECONDS)
        if stopping():
            raise Stopped
        for reference in done:
            evaluator = pending.pop(reference)
            ended, steps = evaluator.result(reference, waiting)
            progress(ended, steps)
            outcomes += ended
            more = evaluator.play(waiting)
            if more is None:
                evaluator.close()
            else:
                pending[more] = evaluator
    return outcomes
