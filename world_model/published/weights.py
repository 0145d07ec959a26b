"""Weights: named arrays, their form in bytes, and the digest by which receivers check them."""

import hashlib
import json
from collections.abc import Mapping

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from world_model.finite import check_finite

Weights = dict[str, np.ndarray]
"""Parameter name -> array."""


class WeightsDiffer(ValueError):
    """Weights differ from their digest."""


def in_c_order(array: np.ndarray) -> np.ndarray:
    """Returns the array in C order, little-endian and contiguous; copies only if necessary.

    safetensors writes an array's memory without regard to its strides: a channels-last convolution would come back as
    other numbers.
    """
    # Not np.ascontiguousarray, which makes a vector of a scalar.
    return np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")


def to_bytes(weights: Mapping[str, np.ndarray]) -> bytes:
    """Returns the weights as bytes of safetensors.

    Raises:
        TypeError: safetensors does not support an array's dtype.
    """
    arrays = {name: in_c_order(array) for name, array in weights.items()}
    try:
        return save(arrays)
    except SafetensorError as error:
        dtypes = ", ".join(sorted({str(array.dtype) for array in arrays.values()}))
        raise TypeError(f"weights of dtypes {dtypes} cannot be stored: {error}") from error


def from_bytes(data: bytes) -> Weights:
    """Returns the weights from bytes that `to_bytes` made.

    Raises:
        ValueError: the bytes are not safetensors, or damaged.
    """
    try:
        return load(data)
    # safetensors raises these for an unknown dtype or header.
    except (SafetensorError, KeyError, TypeError, OverflowError) as error:
        raise ValueError(str(error)) from error


def digest_of(weights: Mapping[str, np.ndarray]) -> str:
    """Returns SHA-256 of names, dtypes, shapes and values, in hexadecimal, independent of the memory order."""
    sha = hashlib.sha256()
    for name in sorted(weights):
        array = in_c_order(weights[name])
        sha.update(json.dumps([name, array.dtype.str, array.shape]).encode())
        # A view of the memory; of a scalar or an empty array there is none.
        sha.update(array.reshape(-1).view(np.uint8).data if array.size else b"")
    return sha.hexdigest()


def check_weights(weights: Mapping[str, np.ndarray], digest: str) -> None:
    """Checks received weights.

    Raises:
        WeightsDiffer: they differ from the digest.
        NotFiniteError: they have numbers that are not finite.
    """
    own = digest_of(weights)
    if own != digest:
        raise WeightsDiffer(f"weights have the digest {own[:12]}, their maker's is {digest[:12]}")
    check_finite(weights)
