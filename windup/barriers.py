"""Barrier levels: an episode begins in the middle of a level, shortly before a barrier, and ends behind it.

They are called `ZONE.ActN.BarrierM`, M from 1, and only the native game has them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from windup.game import GAME, INTEGRATIONS
from windup.runs import unpack

BARRIER_SPLITS = ("train-barriers", "validation-barriers")
MOST_STEPS = 1000
"""Most steps of an episode at a barrier."""


@dataclass(frozen=True)
class Barrier:
    """A barrier of a level.

    Attributes:
        level: name of the level.
        kind: switch, run-up or spring: what it takes to pass.
        split: one of BARRIER_SPLITS.
        pass_x: x in px from which on the player has passed.
        actions: recorded play from the level's start to the barrier's start, one action for each step of 4 frames.
    """

    name: str
    level: str
    split: str
    kind: str
    pass_x: int
    actions: tuple[int, ...]


@cache
def barriers() -> Mapping[str, Barrier]:
    """Returns all barriers by name, in the order of their levels."""
    entries = json.loads((INTEGRATIONS / GAME / "levels.json").read_text())["barriers"]
    made = (Barrier(**{**entry, "actions": tuple(unpack(entry["actions"]))}) for entry in entries)
    return MappingProxyType({barrier.name: barrier for barrier in made})
