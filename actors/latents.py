"""From frames to latents: the vector environment that the policy sees."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from actors.curiosity import Curiosity
from actors.emulator_pool import EmulatorPool
from actors.level_draw import LevelDraw
from actors.levels import Level
from actors.sequence_builder import SequenceBuilder
from actors.transport import SequenceSink, WeightsSource
from world_model.losses import prediction_error
from world_model.model import WorldModel
from world_model.precision import autocast
from world_model.spec import WorldModelSpec
from world_model.vae import images
from world_model.weights import set_weights


@dataclass(frozen=True)
class Episode:
    """A finished episode of one emulator; returns are sums of undiscounted rewards."""

    level: str
    steps: int
    extrinsic_return: float
    curiosity_return: float


@dataclass
class LevelTally:
    """What an actor did in one level; `curiosity` is the sum of what was paid."""

    steps: int = 0
    curiosity: float = 0.0


@dataclass
class Tally:
    """What an actor did since it was last asked."""

    steps: int = 0
    frames: int = 0
    curiosity: float = 0.0
    sequences: int = 0
    sequences_refused: int = 0
    weights_taken: int = 0
    emulator_restarts: int = 0
    episodes: list[Episode] = field(default_factory=list)
    levels: dict[str, LevelTally] = field(default_factory=dict)
    """By the level's name."""


class WorldModelVec(VectorEnv):
    """N emulators as one environment with observations [z, h] and rewards extrinsic + curiosity.

    One step: the actions go to the emulators; while they run, M steps from (z, a, h); then V encodes the new frames.
    Frames leave by object reference only, as sequences. Newer weights are taken between steps when they are here.
    Resets follow gymnasium's NEXT_STEP mode: the step after a done is the reset, its action is ignored.
    """

    def __init__(
        self,
        pool: EmulatorPool,
        draw: LevelDraw,
        spec: WorldModelSpec,
        curiosity: Curiosity,
        extrinsic_scale: float,
        sequence_length: int,
        weights: WeightsSource,
        sink: SequenceSink,
        device: str = "cpu",
    ) -> None:
        n = pool.num_emulators
        self.num_envs = n
        self.metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP}
        self.single_observation_space = Box(-np.inf, np.inf, (spec.features,), np.float32)
        self.single_action_space = Discrete(spec.actions)
        self.observation_space = batch_space(self.single_observation_space, n)
        self.action_space = batch_space(self.single_action_space, n)
        self.render_mode = None

        self._pool = pool
        self._draw = draw
        self._model = WorldModel(spec).requires_grad_(False).eval().to(device)
        self._curiosity = curiosity
        self._extrinsic_scale = extrinsic_scale
        self._builder = SequenceBuilder(n, sequence_length, spec)
        self._weights = weights
        self._sink = sink
        self._device = device
        self.version = 0

        self._z = torch.zeros(n, spec.latent, device=device)
        self._state = self._model.forward_model.initial_state(n, device)
        self._episode = _Running(n)
        self._tally = Tally()
        self._frames_told = 0
        self._restarts_told = 0

    @torch.inference_mode()
    def reset(self, *, seed: Any = None, options: Any = None) -> tuple[np.ndarray, dict]:
        """Starts an episode on every emulator. Seeds are fixed when the pool is made; these are ignored."""
        frames = self._pool.reset()
        self._state = self._model.forward_model.initial_state(self.num_envs, self._device)
        self._z = self._encode(frames)
        self._builder.begin(frames)
        self._episode = _Running(self.num_envs)
        return self._observation(), {}

    @torch.inference_mode()
    def step(self, actions: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict]:
        """actions int [N] -> observations float32 [N, latent + hidden], rewards float32 [N], two of bool [N], {}."""
        actions = np.asarray(actions, np.int64)
        self._pool.send(actions)
        self._take_newer_weights()
        if self._builder.at_start:
            self._builder.keep_state(torch.stack(self._state, 1).cpu().numpy(), self.version)
        z = self._z
        with autocast(self._device):
            h, c = self._model.forward_model.step(z, torch.as_tensor(actions, device=self._device), self._state)
        h, c = h.float(), c.float()

        step = self._pool.receive()
        # A replaced emulator shows an old frame, and a reset frame follows no action: neither is a transition.
        broken = step.first | step.replaced
        self._z = self._encode(step.frames)
        raw = self._raw_curiosity(z, h)
        curiosity = self._curiosity.reward(raw, step.frames, ~broken)
        starts = torch.as_tensor(step.first, device=self._device)[:, None]
        self._state = (h.masked_fill(starts, 0.0), c.masked_fill(starts, 0.0))

        dones = step.terminated | step.truncated
        levels = tuple(str(level) for level in self._pool.levels)
        sequences = self._builder.add(actions, step.rewards, dones, step.frames, broken, levels)
        if sequences is not None:
            accepted = self._sink.ship(sequences)
            self._tally.sequences += len(sequences)
            self._tally.sequences_refused += 0 if accepted else len(sequences)
        self._count(step.rewards, curiosity, step.first, dones, levels)
        rewards = (self._extrinsic_scale * step.rewards + curiosity).astype(np.float32)
        return self._observation(), rewards, step.terminated, step.truncated, {}

    def close(self, **_: Any) -> None:
        self._pool.close()

    def level_of(self, emulator: int) -> Level:
        """What it plays."""
        return self._pool.levels[emulator]

    def draw_levels_by(self, probabilities: Mapping[Level, float]) -> None:
        """See `LevelDraw.draw_by`."""
        self._draw.draw_by(probabilities)

    def take_tally(self) -> Tally:
        """What happened since the last call."""
        tally, self._tally = self._tally, Tally()
        tally.frames = self._pool.frames_total - self._frames_told
        tally.emulator_restarts = self._pool.restarts_total - self._restarts_told
        self._frames_told, self._restarts_told = self._pool.frames_total, self._pool.restarts_total
        return tally

    def get_state(self) -> dict[str, Any]:
        """What a resume needs (JSON-able): the normaliser and the random state. Episodes start anew."""
        return {
            "curiosity": self._curiosity.get_state(),
            "pool": self._pool.get_state(),
            "draw": self._draw.get_state(),
        }

    def set_state(self, state: dict[str, Any]) -> None:
        self._curiosity.set_state(state["curiosity"])
        self._pool.set_state(state["pool"])
        self._draw.set_state(state["draw"])
        self._frames_told, self._restarts_told = self._pool.frames_total, self._pool.restarts_total

    def _take_newer_weights(self) -> None:
        newer = self._weights.newer(self.version)
        if newer is not None:
            self.version, weights = newer
            set_weights(self._model, weights)
            self._tally.weights_taken += 1

    def _encode(self, frames: np.ndarray) -> torch.Tensor:
        with autocast(self._device):
            mean, _ = self._model.vae.encode(images(torch.as_tensor(frames).to(self._device)))
        return mean

    def _raw_curiosity(self, z: torch.Tensor, h: torch.Tensor) -> np.ndarray:
        kind = self._curiosity.settings.kind
        if kind == "learning_progress":
            raw = self._model.progress_model(z, h)
        elif kind == "prediction_error":
            raw = prediction_error(self._model.forward_model.predict(h), self._z)
        else:
            raw = torch.zeros(self.num_envs)
        return raw.float().cpu().numpy()

    def _observation(self) -> np.ndarray:
        return torch.cat([self._z, self._state[0]], -1).cpu().numpy()

    def _count(
        self,
        extrinsic: np.ndarray,
        curiosity: np.ndarray,
        first: np.ndarray,
        dones: np.ndarray,
        levels: tuple[str, ...],
    ) -> None:
        running, tally = self._episode, self._tally
        running.extrinsic += extrinsic
        running.curiosity += curiosity
        running.steps += ~first
        tally.steps += int((~first).sum())
        tally.curiosity += float(curiosity.sum())
        for level, paid, began in zip(levels, curiosity.tolist(), first.tolist(), strict=True):
            played = tally.levels.get(level) or tally.levels.setdefault(level, LevelTally())
            played.steps += not began
            played.curiosity += paid
        for i in np.flatnonzero(dones):
            tally.episodes.append(
                Episode(levels[i], int(running.steps[i]), float(running.extrinsic[i]), float(running.curiosity[i]))
            )
            running.extrinsic[i] = running.curiosity[i] = running.steps[i] = 0


class _Running:
    """The sums of the episodes under way."""

    def __init__(self, n: int) -> None:
        self.extrinsic = np.zeros(n)
        self.curiosity = np.zeros(n)
        self.steps = np.zeros(n, np.int64)
