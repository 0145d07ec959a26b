"""Which number format is faster on a device."""

import os
from contextlib import AbstractContextManager
from functools import cache

import torch

WITHOUT = "SONIC_WORLDS_NO_BF16"
"""Environment variable: 1 to do without bfloat16, as on a processor or GPU that has none. For measurements."""


@cache
def bf16_is_faster(device: str) -> bool:
    """True on GPUs with bfloat16 and on CPUs with bfloat16 instructions; elsewhere it is emulated and slow.

    Raises:
        ValueError: the environment says neither that it is to be done without nor that it is not.
    """
    without = os.environ.get(WITHOUT, "0")
    if without not in ("0", "1"):
        raise ValueError(f"{WITHOUT}: {without!r}; 0 or 1 is allowed")
    return without == "0" and has_bf16(device)


@cache
def has_bf16(device: str) -> bool:
    """Whether the device has it, used or not."""
    if device == "cuda":
        return torch.cuda.is_bf16_supported()
    if device == "cpu":
        return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return False


def autocast(device: str) -> AbstractContextManager:
    """bfloat16 matrix products and convolutions where that is faster (parameters stay float32), else no change."""
    return torch.autocast(device, torch.bfloat16, enabled=bf16_is_faster(device))
