"""The evaluation actor: plays whole episodes on emulators of its own, without learning."""

import time
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from actors.agents.simple import Agent
from actors.emulation.kinds import make_pool
from actors.emulation.pool import Pool
from actors.emulation.settings import EmulatorSettings
from actors.games.levels import Level
from actors.portable.contest import EPISODE_STEPS, STICKY_PROBABILITY

_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, order=True)
class Job:
    """An episode to play: the n-th one of a level."""

    level: Level
    episode: int


@dataclass(frozen=True)
class Outcome:
    """A finished episode.

    Attributes:
        score: the sum of the game's rewards.
        steps: number of the agent's steps, of 4 frames each.
        terminated: the game ended the episode, by the goal or a lost life; otherwise its time was up.
        passed: whether it ended behind the barrier; None where the level has no barrier.
    """

    job: Job
    score: float
    steps: int
    terminated: bool
    passed: bool | None = None


class Evaluator:
    """N emulators of one game, each of which plays one job at a time.

    A job's outcome depends on the seed and the job alone: each has random numbers of its own. An episode whose
    emulator died is played again from its beginning.
    """

    def __init__(
        self, level: Level, emulators: int, agent: Agent, observation_size: int, seed: int, native: bool = False
    ) -> None:
        """
        Args:
            level: any level of the game.
            observation_size: side of the frames that the agent sees.
            seed: of all random numbers.
            native: play on native games instead of emulators.

        Raises:
            EmulatorError, EmulatorPoolError: the emulators do not start.
        """
        self._agent = agent
        self._seed = seed
        self._episodes: list[_Episode | None] = [None] * emulators
        self._levels = [level] * emulators
        # The contest's rules, whatever a run was trained with.
        settings = EmulatorSettings(
            kind="native" if native else "local",
            max_episode_steps=EPISODE_STEPS,
            stuck_steps=None,
            exact=True,
            timeout_s=_TIMEOUT_SECONDS,
        )
        # Sticky actions are drawn here, so the pool's own seed plays no part.
        self._pool: Pool = make_pool([level.game] * emulators, self._levels.__getitem__, settings, 0, observation_size)
        self._frames: np.ndarray | None = None

    def play(self, jobs: dict[int, Job], seconds: float) -> tuple[dict[int, Outcome], int]:
        """Takes new jobs and plays, until an episode ends or the time is over.

        Args:
            jobs: new jobs, each by the number of a free emulator.
            seconds: after which it returns, with the step that is being played.

        Returns:
            Outcomes by the number of the emulator, which is free again, and the number of steps played.

        Raises:
            EmulatorError, EmulatorPoolError: a level does not start.
        """
        for i, job in jobs.items():
            self._episodes[i] = _Episode(job, self._agent, self._seed)
            self._levels[i] = job.level
        deadline = time.monotonic() + seconds
        ended: dict[int, Outcome] = {}
        steps = 0
        while not ended and time.monotonic() < deadline:
            steps += self._step(ended)
        return ended, steps

    def close(self) -> None:
        """Ends the emulators."""
        self._pool.close()

    def _step(self, ended: dict[int, Outcome]) -> int:
        """Plays one step on each emulator that has a job; returns the number of steps."""
        working = np.array([episode is not None for episode in self._episodes])
        actions = np.zeros(len(working), np.int64)
        sticky = np.zeros(len(working), bool)
        begun = {i: episode for i, episode in enumerate(self._episodes) if episode is not None and episode.begun}
        if begun and self._frames is not None:
            numbers = list(begun)
            actions[numbers] = self._agent.act([e.memory for e in begun.values()], self._frames[numbers])
            sticky[numbers] = [e.late.random() < STICKY_PROBABILITY for e in begun.values()]
        self._pool.send(actions, sticky, working)
        step = self._pool.receive()
        self._frames = step.frames
        for i, episode in enumerate(self._episodes):
            if episode is None:
                continue
            if step.replaced[i]:
                self._episodes[i] = _Episode(episode.job, self._agent, self._seed)
            elif step.first[i]:
                episode.begun = True
            else:
                episode.score += float(step.rewards[i])
                episode.steps += 1
                if step.terminated[i] or step.truncated[i]:
                    over = bool(step.terminated[i])
                    barrier = episode.job.level.barrier
                    passed = over and int(step.positions[i, 0]) >= barrier.pass_x if barrier else None
                    ended[i] = Outcome(episode.job, episode.score, episode.steps, over, passed)
                    self._episodes[i] = None
        return int((working & ~step.first & ~step.replaced).sum())


class _Episode:
    """An episode under way, or about to begin."""

    def __init__(self, job: Job, agent: Agent, seed: int) -> None:
        self.job = job
        self.begun = False
        self.score = 0.0
        self.steps = 0
        # By the level's name, so that which other levels are played changes nothing.
        sequence = np.random.SeedSequence([seed, zlib.crc32(str(job.level).encode()), job.episode])
        self.late, decisions = map(np.random.default_rng, sequence.spawn(2))
        self.memory: Any = agent.begin(job.level.game, decisions)
