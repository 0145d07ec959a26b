"""Episodes without learning: what comes of one depends on the seed and the job alone."""

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np
import pytest
import torch
from torch import nn

from actors.agents.evaluator import Evaluator, Job, Outcome
from actors.agents.simple import Agent, HoldRight, RandomAgent
from actors.agents.trained import TrainedAgent
from actors.emulation.emulator import Emulator, EmulatorError
from actors.emulation.emulator_pool import EmulatorPool
from actors.emulation.settings import EmulatorSettings
from actors.games.games import actions_of
from actors.games.levels import SPLITS, Level
from windup.tools.solutions import read_solution
from world_model.model import WorldModel
from world_model.spec import preset_spec

pytestmark = pytest.mark.slow

GAME = "Airstriker-Genesis-v0"
LEVEL = Level(GAME, "Level1")


def _play(agent: Agent, jobs: Sequence[Job], emulators: int, seed: int = 0, kill_first: bool = False) -> list[Outcome]:
    """The jobs' outcomes, as an actor's driver has them played."""
    waiting = list(jobs)
    outcomes: list[Outcome] = []
    total = 0
    evaluator = Evaluator(jobs[0].level, emulators, agent, 64, seed)
    try:
        idle = list(range(emulators))
        while len(outcomes) < len(jobs):
            given = {idle.pop(): waiting.pop(0) for _ in range(min(len(idle), len(waiting)))}
            ended, steps = evaluator.play(given, 0.3)
            total += steps
            outcomes += ended.values()
            idle += ended
            if kill_first:
                os.kill(evaluator._pool.pids[0], signal.SIGKILL)
                kill_first = False
    finally:
        evaluator.close()
    assert total >= sum(outcome.steps for outcome in outcomes)
    return sorted(outcomes, key=lambda outcome: outcome.job)


def _jobs(episodes: int) -> list[Job]:
    return [Job(LEVEL, episode) for episode in range(episodes)]


def _trained() -> TrainedAgent:
    torch.manual_seed(0)
    spec = preset_spec("light", len(actions_of(GAME)), gaze=False)
    return TrainedAgent(WorldModel(spec), nn.Sequential(nn.Linear(spec.observation, spec.actions)))


@dataclass
class Noting:
    """Plays actions that are the same in every episode, and notes the frames it sees."""

    seen: list[list[int]] = field(default_factory=list)

    def begin(self, game: str, rng: np.random.Generator) -> list[int]:
        self.seen.append([])
        return self.seen[-1]

    def act(self, memories: Sequence[list[int]], frames: np.ndarray) -> list[int]:
        for memory, frame in zip(memories, frames, strict=True):
            memory.append(crc32(np.ascontiguousarray(frame)))
        return [len(memory) // 3 % 8 for memory in memories]


@pytest.mark.parametrize("agent", [RandomAgent(), _trained()], ids=["random", "trained"])
def test_outcomes_do_not_depend_on_how_many_play_side_by_side(agent: Agent) -> None:
    alone = _play(agent, _jobs(3), emulators=1)
    assert alone == _play(agent, _jobs(3)[::-1], emulators=3)
    # A job has random numbers of its own, and another seed has others.
    assert len({(outcome.score, outcome.steps) for outcome in alone}) > 2
    assert _play(agent, _jobs(1), emulators=1, seed=1) != alone[:1]


def test_an_episode_whose_emulator_dies_is_played_again_from_its_beginning() -> None:
    assert _play(RandomAgent(), _jobs(2), emulators=2, kill_first=True) == _play(RandomAgent(), _jobs(2), emulators=2)


def test_holding_right_scores_what_it_does_in_a_plain_loop() -> None:
    """An action that never changes is never late, so that nothing is left to chance."""
    (outcome,) = _play(HoldRight(), _jobs(1), emulators=1)
    emulator = Emulator(GAME, actions_of(GAME), exact=True)
    emulator.reset("Level1")
    score, steps, over = 0.0, 0, False
    while not over:
        reward, over, _ = emulator.step(actions_of(GAME).index(("RIGHT",)), sticky=False)
        score, steps = score + reward, steps + 1
    assert outcome == Outcome(_jobs(1)[0], score, steps, terminated=True)


class Idle:
    """Touches nothing."""

    def begin(self, game: str, rng: np.random.Generator) -> None:
        return None

    def act(self, memories: Sequence[None], frames: np.ndarray) -> list[int]:
        return [0] * len(memories)


def test_the_contests_score_and_end() -> None:
    level = SPLITS["windup-train"][0]
    (idle,) = _play(Idle(), [Job(level, 0)], emulators=1)
    assert idle == Outcome(Job(level, 0), 0.0, 4500, terminated=False)

    (outcome,) = _play(HoldRight(), [Job(level, 0)], emulators=1)
    emulator = Emulator(level.game, actions_of(level.game), exact=True)
    emulator.reset(level.state)
    right = actions_of(level.game).index(("RIGHT",))
    steps, over = 0, False
    while not over and steps < 4500:
        _, over, _ = emulator.step(right, sticky=False)
        steps += 1
    end = emulator.variables()
    # The game counts both itself.
    assert outcome.score == pytest.approx(end["progress"] + end["contest_bonus"], abs=0.1)
    assert outcome.score > 100
    assert (outcome.steps, outcome.terminated) == (steps, over)


def test_an_agent_sees_every_frame_and_a_quarter_of_its_actions_are_late() -> None:
    agent = Noting()
    outcomes = _play(agent, _jobs(2), emulators=2)
    assert [len(frames) for frames in agent.seen] == [outcome.steps for outcome in outcomes]
    first, second = agent.seen
    # The same beginning and the same actions, but not late at the same steps.
    assert first[0] == second[0]
    assert first != second
    again = Noting()
    _play(again, _jobs(1), emulators=1)
    assert again.seen == [first]


def test_emulators_that_rest_stand_still() -> None:
    with EmulatorPool([GAME] * 2, lambda i: LEVEL, EmulatorSettings(stuck_steps=None), 0) as pool:
        before = pool.reset().copy()
        working = np.array([True, False])
        for _ in range(60):
            pool.send(np.array([2, 2]), np.zeros(2, bool), working)
            step = pool.receive()
        assert not np.array_equal(step.frames[0], before[0])
        assert np.array_equal(step.frames[1], before[1])
        # It goes on where it was: 60 steps later it is where the other one is.
        other = step.frames[0].copy()
        for _ in range(60):
            pool.send(np.array([2, 2]), np.zeros(2, bool), ~working)
            step = pool.receive()
        assert np.array_equal(step.frames[1], other)


def test_playing_returns_in_time_where_no_episode_ends() -> None:
    evaluator = Evaluator(LEVEL, 1, RandomAgent(), 64, 0)
    assert evaluator.play({0: _jobs(1)[0]}, 0.2)[0] == {}
    evaluator.close()


def test_a_level_that_does_not_start_is_told() -> None:
    evaluator = Evaluator(LEVEL, 1, RandomAgent(), 64, 0)
    with pytest.raises(EmulatorError, match="no state Level99"):
        evaluator.play({0: Job(Level(GAME, "Level99"), 0)}, 1.0)
    evaluator.close()


@dataclass
class Recorded:
    """Goes on with a level's recorded play."""

    actions: list[int]

    def begin(self, game: str, rng: np.random.Generator) -> list[int]:
        return list(self.actions)

    def act(self, memories: Sequence[list[int]], frames: np.ndarray) -> list[int]:
        return [memory.pop(0) for memory in memories]


def test_before_a_barrier_an_episode_ends_when_it_is_passed_or_after_1000_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("actors.agents.evaluator.STICKY_PROBABILITY", 0.0)
    level = SPLITS["windup-validation-barriers"][0]
    assert level.barrier
    rest = read_solution(level.barrier.level).actions[len(level.barrier.actions) :]
    passed, stopped = (_one(agent, level) for agent in (Recorded(rest), HoldRight()))
    assert (passed.passed, passed.terminated) == (True, True)
    assert passed.steps < len(rest)
    assert (stopped.passed, stopped.terminated, stopped.steps) == (False, False, 1000)
    assert 0 < stopped.score < passed.score < 9000


def _one(agent: Agent, level: Level) -> Outcome:
    evaluator = Evaluator(level, 1, agent, 64, 0, native=True)
    ended: dict[int, Outcome] = {}
    jobs = {0: Job(level, 0)}
    while not ended:
        ended, _ = evaluator.play(jobs, 5.0)
        jobs = {}
    return ended[0]
