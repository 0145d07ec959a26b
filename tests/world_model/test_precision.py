import subprocess
import sys

import pytest
import torch

from world_model.precision import WITHOUT, autocast, bf16_is_faster


def test_autocast_computes_in_bfloat16_where_that_is_faster_and_else_in_float32() -> None:
    with autocast("cpu"):
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    assert product.dtype == (torch.bfloat16 if bf16_is_faster("cpu") else torch.float32)


def test_an_unknown_device_has_no_fast_bfloat16() -> None:
    assert not bf16_is_faster("mps")


def test_a_processor_with_bfloat16_can_be_told_to_do_without(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a process of its own: what a process was told at its first question holds to its end."""
    monkeypatch.setenv(WITHOUT, "1")
    asks = (
        "import torch; torch.cpu._is_avx512_bf16_supported = lambda: True;"
        "from world_model.precision import bf16_is_faster, has_bf16; print(has_bf16('cpu'), bf16_is_faster('cpu'))"
    )
    message = subprocess.run([sys.executable, "-c", asks], check=True, capture_output=True, text=True).stdout
    assert message == "True False\n"


def test_neither_with_nor_without_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WITHOUT, "yes")
    bf16_is_faster.cache_clear()
    with pytest.raises(ValueError, match=f"{WITHOUT}: 'yes'; 0 or 1 is allowed"):
        bf16_is_faster("cpu")
