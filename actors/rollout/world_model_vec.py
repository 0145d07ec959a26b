"""The vector environment that the policy sees: latents instead of frames."""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from gymnasium.spaces import Box, Discrete
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from actors.emulation.pool import Pool
from actors.games.levels import Level
from actors.rollout.curiosity import Curiosity, Transition, raw_signal
from actors.rollout.level_draw import LevelDraw
from actors.rollout.recolouring import Recolouring
from actors.rollout.sequence_builder import SequenceBuilder
from actors.rollout.settings import RewardSettings
from actors.rollout.tally import Counting, Tally
from actors.rollout.transport import SequenceSink, WeightsSource
from actors.rollout.visits import Visits
from world_model.frozen_encoder import FrozenEncoder
from world_model.frozen_forward import FrozenForward
from world_model.latents import Latents
from world_model.model import WorldModel
from world_model.spec import WorldModelSpec
from world_model.weights import set_weights


class WorldModelVec(VectorEnv):
    """N emulators as one environment with observations of latents and rewards extrinsic + curiosity.

    One step: the actions go to the emulators; while they run, M steps from (z, a, h); then V encodes the new frames.
    Frames leave by object reference only, as sequences. Newer weights are taken between steps when they are here.
    Resets follow gymnasium's NEXT_STEP mode: the step after the end of an episode is the reset; its action is ignored.
    """

    def __init__(
        self,
        pool: Pool,
        draw: LevelDraw,
        spec: WorldModelSpec,
        curiosity: Curiosity,
        reward: RewardSettings,
        sequence_length: int,
        weights: WeightsSource,
        sink: SequenceSink,
        recolouring: Recolouring,
        device: str = "cpu",
    ) -> None:
        n = pool.num_emulators
        self.num_envs = n
        self.metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP}
        self.single_observation_space = Box(-np.inf, np.inf, (spec.observation,), np.float32)
        self.single_action_space = Discrete(spec.actions)
        self.observation_space = batch_space(self.single_observation_space, n)
        self.action_space = batch_space(self.single_action_space, n)
        self.render_mode = None

        self._pool = pool
        self._draw = draw
        self._model = WorldModel(spec).requires_grad_(False).eval().to(device)
        self._encoder = FrozenEncoder(self._model, n, device)
        self._forward = FrozenForward(self._model, device)
        self._curiosity = curiosity
        self._reward = reward
        self._visits = Visits(n)
        self._builder = SequenceBuilder(n, sequence_length, spec)
        self._weights = weights
        self._sink = sink
        self._recolouring = recolouring
        self._device = device
        self.version = 0

        self._known = Latents(self._model, n, self._encoder, self._forward, device)
        self._counting = Counting(n)
        self._restarts_before = 0
        self._refused_before = 0
        self._rewards_before = 0

    @torch.inference_mode()
    def reset(self, *, seed: Any = None, options: Any = None) -> tuple[np.ndarray, dict]:
        """Starts an episode on every emulator. Seeds are fixed when the pool is made; these are ignored."""
        begun = np.ones(self.num_envs, bool)
        self._recolouring.begin(begun)
        frames = self._recolouring(self._pool.reset())
        self._known.begin(torch.as_tensor(begun, device=self._device))
        self._known.see(torch.as_tensor(frames))
        self._known.z = self._known.z.nan_to_num(0.0, 0.0, 0.0)
        self._builder.begin(frames)
        self._counting.begin()
        return self._observation(), {}

    @torch.inference_mode()
    def step(self, actions: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict]:
        """Plays one step.

        Args:
            actions: int [N].

        Returns:
            Observations float32 [N, observation] (see `Latents.observation`), rewards float32 [N], terminated bool [N],
            truncated bool [N], {}.
        """
        begin = time.perf_counter()
        actions = np.asarray(actions, np.int64)
        self._pool.send(actions)
        self._take_newer_weights()
        if self._builder.at_start:
            self._builder.keep_state(torch.stack(self._known.state, 1).cpu().numpy(), self.version)
        before = self._known.z
        self._known.go(torch.as_tensor(actions, device=self._device))

        waiting = time.perf_counter()
        step = self._pool.receive()
        received = time.perf_counter()
        # A replaced emulator shows an old frame, and a reset frame follows no action: neither is a transition.
        broken = step.first | step.replaced
        self._recolouring.begin(step.first)
        frames = self._recolouring(step.frames)
        self._known.see(torch.as_tensor(frames), torch.as_tensor(step.places))
        scaled = self._reward.extrinsic_scale * (step.risen if self._reward.rises_only else step.rewards)
        kind = self._curiosity.kind
        visits = np.ones(self.num_envs, np.int64)
        if kind != "none":
            visits = self._visits.count(step.positions, step.changes, step.frames, ~broken)
        if kind == "first_visits":
            self._pool.unstick(visits == 1)
        bad = self._mend()
        z, (h, _) = self._known.z, self._known.state
        if own := self._curiosity.own:
            seen = Transition(before, z, h, frames, step.positions, visits, scaled, ~broken)
            raw = np.broadcast_to(np.asarray(own(seen), np.float64), self.num_envs)
        else:
            raw = raw_signal(self._curiosity.kind, self._model, before, h, z).float().cpu().numpy()
        bad |= ~np.isfinite(raw)
        curiosity = self._curiosity.reward(np.where(bad, 0.0, raw), visits, scaled, ~broken & ~bad)
        self._known.begin(torch.as_tensor(step.first, device=self._device))

        dones = step.terminated | step.truncated
        levels = tuple(str(level) for level in self._pool.levels)
        tally = self._counting.tally
        tally.not_finite += int(bad.sum())
        sequences = self._builder.add(actions, step.rewards, dones, frames, broken, step.positions, step.places, levels)
        if sequences is not None:
            accepted = self._sink.ship(sequences)
            tally.sequences += len(sequences)
            tally.sequences_refused += 0 if accepted else len(sequences)
        self._counting.add(levels, step.rewards, scaled, curiosity, step.first, dones, step.frames_run, step.positions)
        observation = self._observation()
        tally.seconds["emulate"] += received - waiting
        tally.seconds["infer"] += time.perf_counter() - received + waiting - begin
        return observation, (scaled + curiosity).astype(np.float32), step.terminated, step.truncated, {}

    def close(self, **_: Any) -> None:
        self._pool.close()

    def level_of(self, emulator: int) -> Level:
        """Returns the emulator's present level."""
        return self._pool.levels[emulator]

    def draw_levels_by(self, probabilities: Mapping[Level, float]) -> None:
        """See `LevelDraw.draw_by`."""
        self._draw.draw_by(probabilities)

    @property
    def tally(self) -> Tally:
        """Counts since the last call of `take_tally`."""
        return self._counting.tally

    def take_tally(self) -> Tally:
        """Returns the counts since the last call, and begins new ones."""
        tally = self._counting.take()
        tally.emulator_restarts = self._pool.restarts_total - self._restarts_before
        self._restarts_before = self._pool.restarts_total
        tally.not_finite += self._pool.rewards_refused - self._rewards_before
        self._rewards_before = self._pool.rewards_refused
        tally.weights_refused = self._weights.refused - self._refused_before
        self._refused_before = self._weights.refused
        return tally

    @property
    def shipping(self) -> int:
        """Number of shipments of sequences on their way to the learner."""
        return self._sink.in_flight

    def get_state(self) -> dict[str, Any]:
        """Returns the state for a resume (JSON-able): curiosity's means and random states, but no running episodes."""
        return {
            "curiosity": self._curiosity.get_state(),
            "pool": self._pool.get_state(),
            "draw": self._draw.get_state(),
            "recolouring": self._recolouring.get_state(),
        }

    def set_state(self, state: dict[str, Any]) -> None:
        self._curiosity.set_state(state["curiosity"])
        self._pool.set_state(state["pool"])
        self._draw.set_state(state["draw"])
        # Runs of before have none.
        if "recolouring" in state:
            self._recolouring.set_state(state["recolouring"])
        self._restarts_before = self._pool.restarts_total

    def _take_newer_weights(self) -> None:
        newer = self._weights.newer(self.version)
        if newer is not None:
            self.version, weights = newer
            set_weights(self._model, weights)
            self._encoder.refresh()
            self._forward.refresh()
            self._counting.tally.weights_taken += 1

    def _mend(self) -> np.ndarray:
        """Sets latents and states that are not finite to 0; returns which emulators had any, bool [N].

        Versions are checked before they are published, but not on every frame there can be.
        """
        known = self._known
        h, c = known.state
        # Sums of finite numbers may overflow, so the look that is dear comes second.
        if (known.z.sum() + h.sum() + c.sum()).isfinite():
            return np.zeros(self.num_envs, bool)
        wrong = ~torch.cat([known.z, h, c], -1).isfinite().all(-1)
        known.z = known.z.masked_fill(wrong[:, None], 0.0)
        known.begin(wrong)
        return wrong.cpu().numpy()

    def _observation(self) -> np.ndarray:
        return self._known.observation().cpu().numpy()
