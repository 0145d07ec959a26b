"""Curiosity: the intrinsic reward, from what the world model says of a transition and where the episode has been."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from actors.rollout.running_mean import RunningMean
from actors.rollout.settings import CuriosityKind, RewardSettings
from world_model.losses import prediction_error
from world_model.model import WorldModel
from world_model.own_class import is_own, own_class

# A signal whose mean size is less than this is not blown up: it is noise around nothing. Learning progress is a log
# ratio, so its unit means the same in every game; prediction errors are in units of z; a first visit is 1.
_LEAST_SIZE = {"learning_progress": 0.05}
_LEAST_SIZE_OF_OTHERS = 1e-3
_LEAST_EXTRINSIC = 0.01
"""Game reward of a step, at least: where a game gives nothing, curiosity still has a size to be a share of."""


@dataclass(frozen=True)
class Transition:
    """A step of the N emulators of an actor, as a curiosity of one's own sees it.

    Attributes:
        z, next_z: float [N, latent], V's latents before and after the step.
        h: float [N, hidden], M's state after z and the action.
        frames: uint8 [N, S, S, 3], after the step.
        positions: int [N, 2], the player's x and y in px; -1 where the game does not tell.
        visits: int [N], of the episode to the cell that it is in, this one included (`actors.rollout.visits`).
        rewards: float [N], the game's, as the policy gets them.
        goes_on: bool [N]; False where the step was a reset, for which nothing is paid.
    """

    z: Tensor
    next_z: Tensor
    h: Tensor
    frames: np.ndarray
    positions: np.ndarray
    visits: np.ndarray
    rewards: np.ndarray
    goes_on: np.ndarray


class OwnSignal(Protocol):
    """A curiosity of one's own: a class without arguments, of which each actor has one object."""

    def __call__(self, transition: Transition) -> np.ndarray:
        """The raw signal, float [N]. Its size does not matter, for it is weighed to have its share of the reward."""


class Curiosity:
    """Turns raw signals of N emulators into rewards.

    1. What an episode has visited before pays less. `first_visits` pays 1 for a cell's first visit and nothing else; of
       the world model's signals the n-th visit pays 1/sqrt(n) (count-based exploration, arXiv 1606.01868, section 3).
       A signal of one's own is taken as it is.
    2. The signal is divided by its mean size, and a boredom threshold is subtracted.
    3. The rest is weighed so that curiosity has its share of the reward, whatever the sizes of both. A signal that is
       smaller than anything that means something does not reach it.
    """

    def __init__(self, kind: CuriosityKind, settings: RewardSettings) -> None:
        self.kind = kind
        self.own: OwnSignal | None = own_class(kind)() if is_own(kind) else None
        self._settings = settings
        self._signal = RunningMean()
        self._extrinsic = RunningMean()

    def reward(self, raw: np.ndarray, visits: np.ndarray, extrinsic: np.ndarray, transition: np.ndarray) -> np.ndarray:
        """The curiosity reward of one step.

        Args:
            raw: float [N], the world model's signal of the transition; not read by `first_visits`.
            visits: int [N], of the cell that it led into, this one included.
            extrinsic: float [N], the step's other reward, as the policy gets it.
            transition: bool [N]; False where the step was a reset, which pays nothing.

        Returns:
            float32 [N].
        """
        kind, settings = self.kind, self._settings
        if kind == "none":
            return np.zeros(len(raw), np.float32)
        if kind == "first_visits":
            signal = (visits == 1).astype(np.float64)
        else:
            signal = raw if self.own else raw * visits**-0.5
        self._signal.add(np.abs(signal[transition]))
        self._extrinsic.add(np.abs(extrinsic[transition]))
        weight = settings.curiosity_share / (1 - settings.curiosity_share) * max(self._extrinsic.mean, _LEAST_EXTRINSIC)
        normal = signal / max(self._signal.mean, _LEAST_SIZE.get(kind, _LEAST_SIZE_OF_OTHERS))
        return np.where(transition, weight * (normal - settings.boredom_threshold), 0.0).astype(np.float32)

    def get_state(self) -> dict[str, Any]:
        """The means (JSON-able)."""
        return {"signal": self._signal.get_state(), "extrinsic": self._extrinsic.get_state()}

    def set_state(self, state: dict[str, Any]) -> None:
        self._signal.set_state(state["signal"])
        self._extrinsic.set_state(state["extrinsic"])


def raw_signal(kind: CuriosityKind, model: WorldModel, z: Tensor, h: Tensor, next_z: Tensor) -> Tensor:
    """What the world model says of transitions, before it is weighed: float [N]; 0 of kinds that do not ask it.

    Args:
        z, next_z: [N, latent], V's latents before and after; h: [N, hidden], M's state after the action.
    """
    if kind == "learning_progress":
        return model.progress_model(z, h)
    if kind == "prediction_error":
        return prediction_error(model.forward_model.predict(h), next_z)
    return torch.zeros(len(z))
