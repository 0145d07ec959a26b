"""Numbers that are not finite have no place in weights: whoever makes, keeps or takes up some looks for them."""

from collections.abc import Mapping

import numpy as np


class NotFiniteError(ValueError):
    """Infinities, or what is not a number, where the networks' numbers should be."""


def check_finite(arrays: Mapping[str, np.ndarray]) -> None:
    """
    Raises:
        NotFiniteError: an array of floats has a number that is not finite.
    """
    for name, array in arrays.items():
        if np.issubdtype(array.dtype, np.floating) and not _is_finite(np.asarray(array)):
            raise NotFiniteError(f"{name} has numbers that are not finite")


def _is_finite(array: np.ndarray) -> bool:
    # The sum tells it in one pass without a mask as large as the array; a sum of large numbers may overflow.
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(array.sum())) or bool(np.isfinite(array).all())
