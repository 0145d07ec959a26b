"""The weights of the joint loss, set by measurement."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

PARTS = ("vae", "mdn", "inverse")

# Where the weighted reductions should stand: within one order of magnitude, VAE first. Otherwise V learns blank images,
# whose latents are easy to predict.
_TARGETS = {"vae": 1.0, "mdn": 0.3, "inverse": 0.1}
# A part that hardly fell while it was measured counts as if it had fallen by this share of its first value. Without a
# floor its lambda would be without bound; with this one the inverse loss, however far it falls later, stays below V's.
_LEAST_REDUCTION = 0.25


@dataclass(frozen=True)
class Lambdas:
    """Joint loss = vae * (reconstruction + lambda_kl * KL) + mdn * MDN loss + inverse * inverse loss."""

    vae: float = 1.0
    mdn: float = 1.0
    inverse: float = 1.0

    def joint(self, losses: Mapping[str, float]) -> float:
        """The joint loss of losses given by part."""
        return self.vae * losses["vae"] + self.mdn * losses["mdn"] + self.inverse * losses["inverse"]

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


def choose_lambdas(begin: Mapping[str, float], end: Mapping[str, float]) -> Lambdas:
    """Lambdas that bring the reductions seen with all lambdas 1 into the order VAE >= MDN >= inverse.

    The scale is free; it is chosen so that the joint loss of `begin` is the same as with all lambdas 1, which keeps the
    logged joint loss comparable across the change.

    Args:
        begin: the loss by part at the beginning of the measured phase.
        end: the same at its end.
    """
    # The MDN loss is a density's, which can be below 0; by its size the lambdas stay above 0 and finite.
    size = {part: max(abs(begin[part]), 1e-6) for part in PARTS}
    raw = {p: _TARGETS[p] / max(begin[p] - end[p], _LEAST_REDUCTION * size[p]) for p in PARTS}
    scale = sum(size.values()) / sum(raw[p] * size[p] for p in PARTS)
    return Lambdas(**{part: scale * value for part, value in raw.items()})


class LambdaMeasurement:
    """Records the losses of the first updates and then chooses the lambdas, once.

    `begin` is the mean over the first tenth of the updates, `end` over the last tenth.
    """

    def __init__(self, updates: int) -> None:
        if updates < 2:
            raise ValueError(f"measuring lambdas takes at least 2 updates, not {updates}")
        self.updates = updates
        self._records: list[dict[str, float]] = []

    def add(self, losses: Mapping[str, float]) -> Lambdas | None:
        """Adds one update's losses by part; the lambdas after the last one, None before."""
        self._records.append({part: losses[part] for part in PARTS})
        if len(self._records) < self.updates:
            return None
        window = max(1, self.updates // 10)
        return choose_lambdas(_mean(self._records[:window]), _mean(self._records[-window:]))

    def get_state(self) -> list[dict[str, float]]:
        return list(self._records)

    def set_state(self, state: list[dict[str, float]]) -> None:
        self._records = list(state)


def _mean(records: list[dict[str, float]]) -> dict[str, float]:
    return {part: sum(r[part] for r in records) / len(records) for part in PARTS}
