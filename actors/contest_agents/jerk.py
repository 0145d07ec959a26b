"""JERK, "just enough retained knowledge": it explores by a rule and replays what has paid best.

A baseline of the Retro Contest (Nichol et al., "Gotta Learn Fast: A New Benchmark for Generalization in RL",
arXiv 1804.03720).
"""

from dataclasses import dataclass
from typing import NoReturn

import numpy as np

from actors.contest_agents.console import held_buttons
from actors.gym_remote.client import RemoteEnv

RIGHT_STEPS = 100
LEFT_STEPS = 70
JUMP_STEPS = 4
JUMP_PROBABILITY = 0.1
"""Probability that a jump begins, on each step outside of one."""
REPLAY_PROBABILITY = 0.25
"""Probability that an episode repeats the best one; it grows to 1.25 with the steps done."""

_ACTIONS = ((), ("RIGHT",), ("RIGHT", "B"), ("LEFT",), ("LEFT", "B"))


@dataclass
class _Memory:
    """The actions up to an episode's highest return, with that return and those of its replays."""

    actions: list[np.ndarray]
    returns: list[float]

    @property
    def mean(self) -> float:
        return float(np.mean(self.returns))


class Jerk:
    """The agent: explores, and replays the best action sequences more and more often."""

    def __init__(self, env: RemoteEnv, steps: int, rng: np.random.Generator) -> None:
        """
        Args:
            steps: number of steps that the server allows.

        Raises:
            NoConsoleError: the environment is not one of the Mega Drive.
        """
        self._nothing, *moves = held_buttons(env, _ACTIONS)
        self._right, self._left = moves[:2], moves[2:]
        self._env = env
        self._steps = steps
        self._rng = rng
        self._done = 0
        self._memories: list[_Memory] = []

    def play(self) -> NoReturn:
        """Plays episode after episode.

        Raises:
            GymRemoteError: the server ends the contest.
        """
        while True:
            self._env.reset()
            if self._memories and self._rng.random() < REPLAY_PROBABILITY + self._done / self._steps:
                self._replay(max(self._memories, key=lambda memory: memory.mean))
            else:
                self._explore()

    def _explore(self) -> None:
        """Plays an episode to the right, with a few steps to the left where that earns nothing."""
        self._actions: list[np.ndarray] = []
        self._return = 0.0
        self._best, self._best_length = -np.inf, 0
        over = False
        while not over:
            gained, over = self._move(self._right, RIGHT_STEPS)
            if not over and gained <= 0:
                _, over = self._move(self._left, LEFT_STEPS)
        self._memories.append(_Memory(self._actions[: self._best_length], [self._best]))

    def _move(self, way: list[np.ndarray], steps: int) -> tuple[float, bool]:
        """Moves in one direction with random jumps; returns the reward and whether the episode is over.

        Args:
            way: the buttons without and with the jump.
        """
        before = self._return
        jump = 0
        over = False
        for _ in range(steps):
            if not jump and self._rng.random() < JUMP_PROBABILITY:
                jump = JUMP_STEPS
            action = way[jump > 0]
            jump = max(0, jump - 1)
            reward, over = self._step(action)
            self._actions.append(action)
            self._return += reward
            if self._return > self._best:
                self._best, self._best_length = self._return, len(self._actions)
            if over:
                break
        return self._return - before, over

    def _replay(self, memory: _Memory) -> None:
        """Plays an episode of remembered actions, then presses no button."""
        total, i, over = 0.0, 0, False
        while not over:
            reward, over = self._step(memory.actions[i] if i < len(memory.actions) else self._nothing)
            total += reward
            i += 1
        memory.returns.append(total)

    def _step(self, action: np.ndarray) -> tuple[float, bool]:
        _, reward, over, _ = self._env.step(action)
        self._done += 1
        return reward, over
