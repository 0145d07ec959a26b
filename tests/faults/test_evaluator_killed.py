"""An evaluation actor that is killed is replaced, and its episodes are played again: the scores are the same."""

import os
import signal
from collections.abc import Sequence

import pytest
import ray

from actors.agents.evaluator import Job, Outcome
from actors.agents.simple import RandomAgent
from actors.games.levels import Level
from benchmarks.process_tree import descendants
from cluster.scoring.evaluation import Stopped, play_all

JOBS = [Job(Level("Windup-Genesis-v0", "TrainYard.Act1"), episode) for episode in range(4)]
"""Of episodes that are short."""


class _Killing:
    """Kills actors, each one once, as reports of steps come."""

    def __init__(self, times: int) -> None:
        self.left = times
        self.killed: list[int] = []

    def __call__(self, ended: Sequence[Outcome], steps: int) -> None:
        if not (self.left and steps):
            return
        # A process that was killed is there until it has been waited for.
        alive = [pid for pid in descendants(os.getpid(), "ray::Evaluator") if pid not in self.killed]
        if alive:
            self.left -= 1
            self.killed.append(alive[0])
            os.kill(alive[0], signal.SIGKILL)


def _play(killing: _Killing) -> list[Outcome]:
    return play_all(JOBS, RandomAgent(), 64, 0, 2, 2, killing, lambda: False)


@pytest.mark.usefixtures("ray_session")
def test_the_scores_are_those_of_an_evaluation_in_which_none_was_killed() -> None:
    killing = _Killing(3)
    outcomes = _play(killing)
    assert len(set(killing.killed)) == 3
    assert outcomes == _play(_Killing(0))
    assert [outcome.job for outcome in outcomes] == JOBS


@pytest.mark.usefixtures("ray_session")
def test_actors_that_die_again_and_again_are_an_error() -> None:
    with pytest.raises(ray.exceptions.RayActorError):
        _play(_Killing(1000))


@pytest.mark.usefixtures("ray_session")
def test_an_evaluation_that_is_told_to_stop_does() -> None:
    reports: list[int] = []
    with pytest.raises(Stopped):
        play_all(JOBS, RandomAgent(), 64, 0, 1, 1, lambda ended, steps: reports.append(steps), lambda: len(reports) > 1)
    assert len(reports) == 2
