"""A check for numbers that are not finite, wherever weights are made, kept or taken."""

from collections.abc import Mapping

import numpy as np


class NotFiniteError(ValueError):
    """Weights or outputs of networks have infinities or nan."""


def check_finite(arrays: Mapping[str, np.ndarray]) -> None:
    """Checks arrays of floats; others are ignored.

    Raises:
        NotFiniteError: an array has a number that is not finite.
    """
    for name, array in arrays.items():
        if np.issubdtype(array.dtype, np.floating) and not _is_finite(np.asarray(array)):
            raise NotFiniteError(f"{name} has numbers that are not finite")


def _is_finite(array: np.ndarray) -> bool:
    # The sum shows it in one pass without a mask as large as the array; a sum of large numbers may overflow.
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(array.sum())) or bool(np.isfinite(array).all())
