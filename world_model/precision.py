"""The faster number format of a device: bfloat16 or float32."""

import os
from contextlib import AbstractContextManager
from functools import cache

import torch

WITHOUT = "SONIC_WORLDS_NO_BF16"
"""Environment variable for measurements: 1 turns bfloat16 off, as on a processor or GPU without it."""


@cache
def bf16_is_faster(device: str) -> bool:
    """Returns whether a device has bfloat16 instructions, and WITHOUT is not 1. Without them bfloat16 is slow.

    Raises:
        ValueError: the environment variable WITHOUT is set, but neither 0 nor 1.
    """
    without = os.environ.get(WITHOUT, "0")
    if without not in ("0", "1"):
        raise ValueError(f"{WITHOUT}: {without!r}; 0 or 1 is allowed")
    return without == "0" and has_bf16(device)


@cache
def has_bf16(device: str) -> bool:
    """Returns whether the device has bfloat16 instructions."""
    if device == "cuda":
        return torch.cuda.is_bf16_supported()
    if device == "cpu":
        return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return False


def autocast(device: str) -> AbstractContextManager:
    """A context with matrix products and convolutions in bfloat16 where that is faster; parameters stay float32."""
    return torch.autocast(device, torch.bfloat16, enabled=bf16_is_faster(device))
