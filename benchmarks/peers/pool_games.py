"""Our pool of native games as a vector environment of Stable-Baselines3, with our levels, cuts and rewards."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.spaces import Box, Discrete

from actors.emulation.native_pool import NativePool
from actors.emulation.pool import PoolStep
from actors.emulation.settings import EmulatorSettings
from actors.games.levels import Level
from actors.rollout.curiosity import Curiosity
from actors.rollout.settings import CuriosityKind as Kind
from actors.rollout.settings import RewardSettings
from actors.rollout.visits import Visits
from benchmarks.peers.together import Together
from windup.eyes import EYES
from windup.game import ACTIONS


@dataclass(frozen=True)
class Pay:
    """The parts of a step's reward; see section `reward` of the configuration.

    Attributes:
        first_visits: whether curiosity is paid for first visits; else there is none, for the rival has no world model.
    """

    extrinsic_scale: float
    rises_only: bool
    first_visits: bool
    curiosity_share: float
    boredom_threshold: float


class PoolGames(Together):
    """The rewards and episodes of `actors.rollout.world_model_vec`, without a world model."""

    def __init__(
        self,
        number: int,
        levels: Sequence[Level],
        settings: EmulatorSettings,
        size: int,
        threads: int,
        pay: Pay,
        eyes: bool,
        seed: int,
    ) -> None:
        draw = np.random.default_rng([seed, 0])
        self._pool = NativePool(
            [level.game for level in levels[:1]] * number,
            lambda _: levels[int(draw.integers(len(levels)))],
            settings,
            [seed, 1],
            size,
            threads,
        )
        self._pay, self._eyes = pay, eyes
        self._visits = Visits(number)
        kind: Kind = "first_visits" if pay.first_visits else "none"
        self._curiosity = Curiosity(
            kind, RewardSettings(curiosity_share=pay.curiosity_share, boredom_threshold=pay.boredom_threshold)
        )
        side = size
        space = Box(-np.inf, np.inf, (EYES,), np.float32) if eyes else Box(0, 255, (side, side, 3), np.uint8)
        super().__init__(number, space, Discrete(len(ACTIONS)))
        self._positions, self._changes = np.zeros((number, 2), np.int32), np.zeros(number, np.int32)
        self.gained = np.zeros(number, np.float32)
        """The game's own reward in the last step, unscaled, float32 [N]."""
        self.frames_run = 0
        """Number of frames that the consoles ran in the last step."""

    def reset(self) -> np.ndarray:
        nothing = np.zeros(self.num_envs, np.int64)
        self._pool.send(nothing)
        self._visited(self._pool.receive(), np.ones(self.num_envs, bool))
        return self._seen()

    def step_async(self, actions: np.ndarray) -> None:
        self._actions = actions

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        step = self._pool.step(self._actions)
        pay, everyone = self._pay, np.ones(self.num_envs, bool)
        scaled = pay.extrinsic_scale * (step.risen if pay.rises_only else step.rewards)
        visits = self._visited(step, everyone)
        if pay.first_visits:
            self._pool.unstick(visits == 1)
        rewards = scaled + self._curiosity.reward(np.zeros(self.num_envs), visits, scaled, everyone)
        self.gained, self.frames_run = step.rewards, int(step.frames_run.sum())
        over = step.terminated | step.truncated
        seen = self._seen()
        infos: list[dict[str, Any]] = [{} for _ in over]
        for i in np.flatnonzero(over).tolist():
            infos[i] = {"terminal_observation": seen[i], "TimeLimit.truncated": bool(step.truncated[i])}
        if over.any():
            # The next step would be the reset: this library's environments have it in the same one.
            self._pool.send(np.zeros(self.num_envs, np.int64), working=over)
            self._visited(self._pool.receive(), over)
            seen = np.where(over.reshape(-1, *[1] * (seen.ndim - 1)), self._seen(), seen)
        return seen, rewards.astype(np.float32), over, infos

    def close(self) -> None:
        self._pool.close()

    def _visited(self, step: PoolStep, worked: np.ndarray) -> np.ndarray:
        """Counts the visits of the games that worked; returns those of the present cells."""
        self._positions = np.where(worked[:, None], step.positions, self._positions)
        self._changes = np.where(worked, step.changes, self._changes)
        return self._visits.count(self._positions, self._changes, step.frames, ~step.first)

    def _seen(self) -> np.ndarray:
        return self._pool.eyes() if self._eyes else self._pool.frames.copy()
