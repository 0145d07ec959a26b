import torch

from world_model.precision import autocast, bf16_is_faster


def test_autocast_computes_in_bfloat16_where_that_is_faster_and_else_in_float32() -> None:
    with autocast("cpu"):
        product = torch.ones(2, 2) @ torch.ones(2, 2)
    assert product.dtype == (torch.bfloat16 if bf16_is_faster("cpu") else torch.float32)


def test_an_unknown_device_has_no_fast_bfloat16() -> None:
    assert not bf16_is_faster("mps")
