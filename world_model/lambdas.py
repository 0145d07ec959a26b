"""The weights of the joint loss, set by measurement."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

PARTS = ("vae", "mdn", "inverse", "motion")

# Amounts by which the weighted parts can still fall, relative to each other: within one order of magnitude, VAE first.
# Otherwise V learns blank images, whose latents are easy to predict.
_LEFT = {"vae": 1.0, "mdn": 0.3, "inverse": 0.1, "motion": 0.5}
# The motion loss is 0 as long as no position is known, and about 1 before anything is learned.
_LEAST_LEFT = {"vae": 1e-6, "mdn": 1e-6, "inverse": 1e-6, "motion": 0.1}


@dataclass(frozen=True)
class Lambdas:
    """Joint loss = vae * (reconstruction + lambda_kl * KL) + mdn * MDN loss + inverse * inverse loss + motion * motion
    loss.
    """

    vae: float = 1.0
    mdn: float = 1.0
    inverse: float = 1.0
    motion: float = 1.0

    def joint(self, losses: Mapping[str, float]) -> float:
        """Returns the joint loss of losses by part."""
        # A checkpoint of before has no motion loss.
        return sum(weight * losses.get(part, 0.0) for part, weight in self.as_dict().items())

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


def choose_lambdas(measured: Mapping[str, float], least: Mapping[str, float]) -> Lambdas:
    """Chooses lambdas with which the parts can still fall by amounts in the order VAE >= motion >= MDN >= inverse.

    The amount by which a part has fallen so far is no measure: V's first great fall is to the mean picture, and an MDN
    loss weighted against that fall (76 times on Airstriker) made V worse again. The scale is free; V's lambda stays 1.

    Args:
        measured: loss by part.
        least: lower bound of the loss by part.
    """
    left = {part: max(measured[part] - least[part], _LEAST_LEFT[part]) for part in PARTS}
    return Lambdas(**{part: _LEFT[part] / left[part] * left["vae"] for part in PARTS})


class LambdaMeasurement:
    """Records the losses of the first updates, done with all lambdas 1, and then chooses the lambdas, once.

    It chooses them by the mean losses of the last tenth of these updates.
    """

    def __init__(self, updates: int, least: Mapping[str, float]) -> None:
        """
        Args:
            updates: number of updates to measure.
            least: lower bound of the loss by part.
        """
        if updates < 2:
            raise ValueError(f"measuring lambdas takes at least 2 updates, not {updates}")
        self.updates = updates
        self._least = least
        self._records: list[dict[str, float]] = []

    def add(self, losses: Mapping[str, float]) -> Lambdas | None:
        """Adds one update's losses by part; returns the lambdas after the last update, None before."""
        self._records.append({part: losses[part] for part in PARTS})
        if len(self._records) < self.updates:
            return None
        return choose_lambdas(_mean(self._records[-max(1, self.updates // 10) :]), self._least)

    def get_state(self) -> list[dict[str, float]]:
        return list(self._records)

    def set_state(self, state: list[dict[str, float]]) -> None:
        self._records = list(state)


def _mean(records: list[dict[str, float]]) -> dict[str, float]:
    return {part: sum(r.get(part, 0.0) for r in records) / len(records) for part in PARTS}
