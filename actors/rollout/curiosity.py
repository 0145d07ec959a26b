"""Curiosity: the intrinsic reward, from what the world model says of a transition and where the episode has been."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from actors.rollout.running_mean import RunningMean

Kind = Literal["first_visits", "learning_progress", "prediction_error", "none"]

# A signal whose mean size is less than this is not blown up: it is noise around nothing. Learning progress is a log
# ratio, so its unit means the same in every game; prediction errors are in units of z; a first visit is 1.
_LEAST_SIZE = {"first_visits": 1e-3, "learning_progress": 0.05, "prediction_error": 1e-3}
_LEAST_EXTRINSIC = 0.01
"""Of a step. A game that gives nothing, or nothing yet, leaves curiosity a size to be a share of."""


@dataclass(frozen=True)
class CuriositySettings:
    """
    Attributes:
        kind: what is paid.
        share: of all rewards' sizes, 0 to 1 (not included), that curiosity's have.
        boredom_threshold: is subtracted first, in units of the signal's mean size.
    """

    kind: Kind
    share: float
    boredom_threshold: float


class Curiosity:
    """Turns raw signals of N emulators into rewards.

    1. What an episode has visited before pays less. `first_visits` pays 1 for a cell's first visit and nothing else; of
       the world model's signals the n-th visit pays 1/sqrt(n) (count-based exploration, arXiv 1606.01868, section 3).
    2. The signal is divided by its mean size, and a boredom threshold is subtracted.
    3. The rest is weighed so that curiosity has its share of the reward, whatever the sizes of both. A signal that is
       smaller than anything that means something does not reach it.
    """

    def __init__(self, settings: CuriositySettings) -> None:
        self.settings = settings
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
        settings = self.settings
        if settings.kind == "none":
            return np.zeros(len(raw), np.float32)
        signal = (visits == 1).astype(np.float64) if settings.kind == "first_visits" else raw * visits**-0.5
        self._signal.add(np.abs(signal[transition]))
        self._extrinsic.add(np.abs(extrinsic[transition]))
        weight = settings.share / (1 - settings.share) * max(self._extrinsic.mean, _LEAST_EXTRINSIC)
        normal = signal / max(self._signal.mean, _LEAST_SIZE[settings.kind])
        return np.where(transition, weight * (normal - settings.boredom_threshold), 0.0).astype(np.float32)

    def get_state(self) -> dict[str, Any]:
        """The means (JSON-able)."""
        return {"signal": self._signal.get_state(), "extrinsic": self._extrinsic.get_state()}

    def set_state(self, state: dict[str, Any]) -> None:
        self._signal.set_state(state["signal"])
        self._extrinsic.set_state(state["extrinsic"])
