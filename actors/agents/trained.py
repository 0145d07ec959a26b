"""The trained agent: a world model and a policy that no longer learn."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from actors.rollout.settings import CuriosityKind, RewardSettings
from world_model.finite import NotFiniteError
from world_model.latents import Latents
from world_model.model import WorldModel

_BATCH = 8
"""Episodes that are computed together. A step of one takes 881 us among 4, 473 among 8 and 331 among 32 (one core's
time, AMD EPYC without bfloat16). The last of an evaluation wait for a whole call: 3.5 ms, 3.8 and 10.6."""


@dataclass
class _Memory:
    """M's state (h, c), each [hidden], the last z [latent], and the random numbers of one episode.

    `moved` is whether an action was taken.
    """

    h: Tensor
    c: Tensor
    z: Tensor
    moved: bool
    rng: np.random.Generator


class TrainedAgent:
    """Samples actions from the policy on latents, as it did in training.

    Batches always have the same size, are padded with zeros, and are computed in float32 by one thread. With other
    sizes the last bits would differ, and one bit can change an action and with it the rest of the episode.
    """

    def __init__(self, model: WorldModel, policy: nn.Module) -> None:
        """
        Args:
            model: the world model.
            policy: float [N, observation] -> logits [N, actions].
        """
        self.model = model.requires_grad_(False).eval()
        self.policy = policy.requires_grad_(False).eval()

    def begin(self, game: str, rng: np.random.Generator) -> _Memory:
        torch.set_num_threads(1)
        h, c = self.model.forward_model.initial_state(1)
        return _Memory(h[0], c[0], torch.zeros(self.model.spec.latent), False, rng)

    @torch.inference_mode()
    def act(self, memories: Sequence[_Memory], frames: np.ndarray) -> list[int]:
        """See `Agent`.

        Raises:
            NotFiniteError: the networks give numbers that are not finite.
        """
        actions: list[int] = []
        for begin in range(0, len(memories), _BATCH):
            actions += self._act(memories[begin : begin + _BATCH], frames[begin : begin + _BATCH])
        return actions

    def _act(self, memories: Sequence[_Memory], frames: np.ndarray) -> list[int]:
        batch = torch.zeros(_BATCH, *frames.shape[1:], dtype=torch.uint8)
        batch[: len(frames)] = torch.from_numpy(frames)
        known = Latents(self.model, _BATCH)
        h, c = known.state
        for i, memory in enumerate(memories):
            h[i], c[i] = memory.h, memory.c
            known.before[i], known.moved[i] = memory.z, memory.moved
        known.see(batch)
        logits = self.policy(known.observation()).double().numpy()
        if not np.isfinite(logits).all():
            raise NotFiniteError("the agent's logits are not finite: the run that trained it had diverged")
        taken = torch.zeros(_BATCH, dtype=torch.int64)
        for i, memory in enumerate(memories):
            taken[i] = _sample(logits[i], memory.rng)
        known.go(taken)
        h, c = known.state
        for i, memory in enumerate(memories):
            memory.h, memory.c, memory.z, memory.moved = h[i], c[i], known.before[i], True
        return taken[: len(memories)].tolist()


@dataclass(frozen=True)
class Mind:
    """All networks of an agent, and the rewards that its run paid.

    Attributes:
        agent: world model and policy.
        value: the value function, float [N, observation] -> [N].
        curiosity: kind of the intrinsic reward.
        reward: settings of both rewards.
    """

    agent: TrainedAgent
    value: nn.Module
    curiosity: CuriosityKind
    reward: RewardSettings

    @property
    def model(self) -> WorldModel:
        return self.agent.model


def _sample(logits: np.ndarray, rng: np.random.Generator) -> int:
    """Draws an action from the softmax of logits, float64 [actions]."""
    up_to = np.exp(logits - logits.max()).cumsum()
    # Below the last sum, for the random number is below 1.
    return int(np.searchsorted(up_to, rng.random() * up_to[-1], side="right"))
