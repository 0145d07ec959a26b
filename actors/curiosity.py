"""Curiosity: the intrinsic reward, from what the world model says of a transition."""

from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np

from actors.running_std import RunningStd

Kind = Literal["learning_progress", "prediction_error", "none"]

_CELL_SIDE = 8
_CELL_LEVELS = 8
# A raw signal whose returns vary less than this is not blown up to unit size: it is noise around nothing. Learning
# progress is a log ratio, so its unit means the same in every game; prediction errors are in units of z.
_LEAST_STD = {"learning_progress": 0.5, "prediction_error": 1e-3, "none": 1.0}


@dataclass(frozen=True)
class CuriositySettings:
    """
    Attributes:
        kind: what is paid.
        weight: multiplies the normalised signal.
        boredom_threshold: is subtracted from it first, in units of the normalised signal.
        discount: of the intrinsic returns whose spread normalises the signal.
    """

    kind: Kind
    weight: float
    boredom_threshold: float
    discount: float


class Curiosity:
    """Turns raw signals of N emulators into rewards.

    1. What an episode has shown before pays less: the n-th visit to a cell pays 1/sqrt(n) of the signal, where a cell
       is the frame at 8 x 8 grey pixels of 8 levels (the cells of Go-Explore, arXiv 1901.10995; the bonus of
       count-based exploration, arXiv 1606.01868).
    2. The signal is divided by the running standard deviation of its discounted returns (random network distillation,
       arXiv 1810.12894, section 2.4).
    3. A boredom threshold is subtracted, and the rest is weighed.
    """

    def __init__(self, settings: CuriositySettings, emulators: int) -> None:
        self.settings = settings
        self._returns = np.zeros(emulators)
        self._spread = RunningStd()
        self._visits: list[dict[bytes, int]] = [{} for _ in range(emulators)]

    def reward(self, raw: np.ndarray, frames: np.ndarray, transition: np.ndarray) -> np.ndarray:
        """The curiosity reward of one step.

        Args:
            raw: float [N], the signal of the transition into `frames`.
            frames: uint8 [N, S, S, 3].
            transition: bool [N]; False where the step was a reset: it pays nothing, and visits start anew.

        Returns:
            float32 [N].
        """
        settings = self.settings
        if settings.kind == "none":
            return np.zeros(len(raw), np.float32)
        signal = np.where(transition, raw * self._novelty(frames, transition), 0.0)
        self._returns = self._returns * settings.discount + signal
        self._spread.add(self._returns)
        scale = max(self._spread.std, _LEAST_STD[settings.kind])
        paid = settings.weight * (signal / scale - settings.boredom_threshold)
        return np.where(transition, paid, 0.0).astype(np.float32)

    def get_state(self) -> dict[str, Any]:
        """The normaliser; visits belong to episodes, which do not survive a restart."""
        return {"spread": self._spread.get_state()}

    def set_state(self, state: dict[str, Any]) -> None:
        self._spread.set_state(state["spread"])

    def _novelty(self, frames: np.ndarray, transition: np.ndarray) -> np.ndarray:
        factors = []
        for i, (cell, goes_on) in enumerate(zip(cells_of(frames), transition.tolist(), strict=True)):
            seen = self._visits[i]
            if not goes_on:
                seen.clear()
                self._returns[i] = 0.0
            visits = seen[cell] = seen.get(cell, 0) + 1
            factors.append(visits**-0.5)
        return np.array(factors)


def cells_of(frames: np.ndarray) -> list[bytes]:
    """The cells of frames: uint8 [N, S, S, 3], S a multiple of 8 -> N times 64 bytes."""
    n, side, size = len(frames), frames.shape[1], _CELL_SIDE**2
    # One above the other they are one image, and no block of pixels that is averaged lies in two frames.
    tower = frames.reshape(n * side, side, 3)
    small = cv2.resize(tower, (_CELL_SIDE, n * _CELL_SIDE), interpolation=cv2.INTER_AREA).astype(np.uint16)
    grey = (small[..., 0] + small[..., 1] + small[..., 2]) // 3
    cells = (grey * _CELL_LEVELS // 256).astype(np.uint8).tobytes()
    return [cells[i : i + size] for i in range(0, n * size, size)]
