"""Curiosity, the intrinsic reward, computed from the world model's outputs and the visits of an episode."""

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

# A signal whose mean size is less than this is not scaled up: it is noise around 0. Learning progress is a log
# ratio, so its unit means the same in every game; prediction errors are in units of z; a first visit is 1.
_LEAST_SIZE = {"learning_progress": 0.05}
_LEAST_SIZE_OF_OTHERS = 1e-3
_LEAST_EXTRINSIC = 0.002
"""Least mean size of the game's reward that is assumed: a share of a reward that is always 0 would be 0."""


@dataclass(frozen=True)
class Transition:
    """A step of an actor's N emulators: the input of a user's own curiosity.

    Attributes:
        z, next_z: float [N, latent], V's latents before and after the step.
        h: float [N, hidden], M's state after z and the action.
        frames: uint8 [N, S, S, 3], after the step.
        positions: int [N, 2], the player's x and y in px; -1 where the game has no such variables.
        visits: int [N], how often the episode has been in its present cell, now included (`actors.rollout.visits`).
        rewards: float [N], the game's rewards, as the policy gets them.
        goes_on: bool [N]; False where the step was a reset, which pays nothing.
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
    """Interface of a user's own curiosity: a class without arguments; each actor makes one object of it."""

    def __call__(self, transition: Transition) -> np.ndarray:
        """Returns the raw signal, float [N], of any scale: it is weighted to have its share of the reward."""


class Curiosity:
    """Turns raw signals of N emulators into rewards.

    1. Cells that an episode has visited before pay less. `first_visits` pays 1 for a cell's first visit, else 0. A
       signal of the world model is multiplied by 1/sqrt(n) on the n-th visit (count-based exploration, arXiv
       1606.01868, section 3). A user's own signal is not changed.
    2. The signal is divided by its mean size, and the boredom threshold is subtracted.
    3. The rest is weighted so that curiosity has its share of the reward, whatever the sizes of both. A signal too
       small to mean anything does not reach that share.
    """

    def __init__(self, kind: CuriosityKind, settings: RewardSettings) -> None:
        self.kind = kind
        self.own: OwnSignal | None = own_class(kind)() if is_own(kind) else None
        self._settings = settings
        self._signal = RunningMean()
        self._extrinsic = RunningMean()

    def reward(self, raw: np.ndarray, visits: np.ndarray, extrinsic: np.ndarray, transition: np.ndarray) -> np.ndarray:
        """Returns the curiosity reward of one step.

        Args:
            raw: float [N], the signal of `raw_signal`, or the user's own; `first_visits` does not use it.
            visits: int [N], how often the episode has been in its present cell, now included.
            extrinsic: float [N], the game's reward, as the policy gets it.
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
        """Returns the running means (JSON-able)."""
        return {"signal": self._signal.get_state(), "extrinsic": self._extrinsic.get_state()}

    def set_state(self, state: dict[str, Any]) -> None:
        self._signal.set_state(state["signal"])
        self._extrinsic.set_state(state["extrinsic"])


def raw_signal(kind: CuriosityKind, model: WorldModel, z: Tensor, h: Tensor, next_z: Tensor) -> Tensor:
    """Returns the world model's signal of transitions before weighting, float [N]; 0 for kinds that do not use it.

    Args:
        kind: of the curiosity.
        z, next_z: [N, latent], V's latents before and after the step.
        h: [N, hidden], M's state after the action.
    """
    if kind == "learning_progress":
        return model.progress_model(z, h)
    if kind == "prediction_error":
        return prediction_error(model.forward_model.predict(h), next_z)
    return torch.zeros(len(z))
