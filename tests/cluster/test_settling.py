from typing import Any

import numpy as np
import pytest

from cluster.config.config import TrainConfig
from cluster.run.beginning import Beginning
from cluster.training.settling import Settling


def _happens(
    updates: list[int], freeze_after: int | None, anew: bool = True, beginning: Any = None, settled: bool = False
) -> list[bool]:
    config = TrainConfig(**{"world_model": {"freeze_after": freeze_after}, "policy": {"begins_anew": anew}})
    settling = Settling(config, beginning, settled)
    return [settling.happens({"world_model_updates_total": count} if count else {}) for count in updates]


def test_the_policy_begins_anew_once_after_the_last_update() -> None:
    assert _happens([0, 9, 10, 10, 11], freeze_after=10) == [False, False, True, False, False]
    # Iterations may be longer than updates.
    assert _happens([0, 12], freeze_after=10) == [False, True]


@pytest.mark.parametrize(
    "never",
    [
        {"freeze_after": None},
        # It stood still from the beginning: the policy has seen no other latents.
        {"freeze_after": 0},
        {"freeze_after": 10, "anew": False},
        # It was saved after the last update.
        {"freeze_after": 10, "settled": True},
    ],
)
def test_it_goes_on_where_there_is_no_reason(never: dict[str, Any]) -> None:
    assert not any(_happens([0, 5, 10, 20], **never))


def test_a_policy_that_was_trained_before_goes_on() -> None:
    trained = Beginning(world_model={}, policy={"weights": np.ones(1)}, text="")
    assert not any(_happens([0, 5, 10, 20], freeze_after=10, beginning=trained))
    world_model_only = Beginning(world_model={}, policy=None, text="")
    assert any(_happens([0, 5, 10, 20], freeze_after=10, beginning=world_model_only))


def test_a_run_that_goes_on_with_the_option_keeps_a_policy_that_saw_the_last_update() -> None:
    without = Settling(TrainConfig(**{"world_model": {"freeze_after": 10}}), None, settled=False)
    assert not without.happens({"world_model_updates_total": 10})
    assert without.settled
