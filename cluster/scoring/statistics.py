"""Comparisons of variants with confidence intervals, after Agarwal et al., Deep RL at the Edge of the Statistical
Precipice (arXiv 2108.13264).

Their library, rliable 1.2.0, requires arch before 8, which does not load with pandas 3; so this uses arch itself, as
the library does.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from arch.bootstrap import IIDBootstrap, IndependentSamplesBootstrap
from scipy.stats import mannwhitneyu, trim_mean

_RESAMPLES = 1000
_SEED = 0

Matrix = npt.NDArray[np.float64]
"""Mean scores, [seeds, levels], of the episodes that a seed's agent played on a level."""


@dataclass(frozen=True)
class Estimate:
    """A number with its 95% interval."""

    value: float
    low: float
    high: float


def interquartile_mean(scores: Matrix) -> Estimate:
    """Returns the mean of the middle half of all seeds and levels; the bootstrap draws seeds for each level."""
    return _estimate(_Stratified(scores, seed=np.random.default_rng(_SEED)), _interquartile_mean(scores))


def mean(scores: Matrix) -> Estimate:
    """Returns the plain mean, with the bootstrap of `interquartile_mean`: for shares, most of which are 0 or 1."""
    return _estimate(_Stratified(scores, seed=np.random.default_rng(_SEED)), float(scores.mean()), np.mean)


def probability_of_improvement(scores: Matrix, over: Matrix) -> Estimate:
    """Returns the probability that a seed of the first matrix is better than one of the second, mean over the levels.

    A tie counts as a half (the paper's section 4.3).
    """
    bootstrap = _StratifiedPair(scores, over, seed=np.random.default_rng(_SEED))
    return _estimate(bootstrap, _improvement(scores, over), _improvement)


def p_value(scores: Matrix, others: Matrix) -> float:
    """Returns the p-value of a difference of the seeds' means, by the exact, two-sided Mann-Whitney test."""
    return float(mannwhitneyu(scores.mean(1), others.mean(1), alternative="two-sided").pvalue)


def _interquartile_mean(scores: Matrix) -> float:
    return float(trim_mean(scores, 0.25, axis=None))


def _improvement(scores: Matrix, over: Matrix) -> float:
    difference = scores[:, None] - over[None]
    return float(((difference > 0) + 0.5 * (difference == 0)).mean())


def _estimate(bootstrap: Any, value: float, function: Any = _interquartile_mean) -> Estimate:
    low, high = np.ravel(bootstrap.conf_int(function, _RESAMPLES, method="percentile"))
    return Estimate(value, float(low), float(high))


def _drawn(shape: tuple[int, ...], generator: Any) -> tuple[npt.NDArray[np.int64], ...]:
    """Returns an index into [seeds, levels]: for every level, seeds drawn with replacement."""
    return generator.integers(shape[0], size=shape), np.arange(shape[1])[None]


class _Stratified(IIDBootstrap):
    def update_indices(self) -> Any:
        return _drawn(self._args[0].shape, self.generator)


class _StratifiedPair(IndependentSamplesBootstrap):
    def update_indices(self) -> Any:
        return [_drawn(scores.shape, self.generator) for scores in self._args], {}
