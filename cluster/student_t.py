"""Confidence intervals of means."""

from collections.abc import Sequence

import numpy as np

_QUANTILES = (12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157, 2.228139)
"""97.5% of Student's t for 1 to 10 degrees of freedom."""
_NORMAL = 1.959964
"""The same for infinitely many."""


def interval_95(values: Sequence[float]) -> float | None:
    """Half the width of the 95% confidence interval of the mean, by Student's t; None of fewer than two values."""
    if len(values) < 2:
        return None
    return quantile(len(values) - 1) * float(np.std(values, ddof=1)) / len(values) ** 0.5


def quantile(freedom: int) -> float:
    """97.5% of Student's t; from 11 degrees of freedom on by the expansion in their inverse, to 4 digits."""
    if freedom <= len(_QUANTILES):
        return _QUANTILES[freedom - 1]
    z, n = _NORMAL, freedom
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return z + sum(term / n ** (i + 1) for i, term in enumerate(terms))
