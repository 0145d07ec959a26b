"""Which number format is faster on a device."""

from contextlib import AbstractContextManager
from functools import cache

import torch


@cache
def bf16_is_faster(device: str) -> bool:
    """True on GPUs with bfloat16 and on CPUs with bfloat16 instructions; elsewhere it is emulated and slow."""
    if device == "cuda":
        return torch.cuda.is_bf16_supported()
    if device == "cpu":
        return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return False


def autocast(device: str) -> AbstractContextManager:
    """bfloat16 matrix products and convolutions where that is faster (parameters stay float32), else no change."""
    return torch.autocast(device, torch.bfloat16, enabled=bf16_is_faster(device))
