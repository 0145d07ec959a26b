"""Barriers as levels of their own: an episode begins shortly before one, in the middle of a level, and ends behind it.

They are called `ZONE.ActN.BarrierM`, M from 1, and the native game alone has them.
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
"""Steps of an episode at a barrier, at most."""


@dataclass(frozen=True)
class Barrier:
    """
    Attributes:
        level: the name of that which it is in; kind: of the README's three.
        split: of BARRIER_SPLITS.
        pass_x: in px; where the player's x is as much, it has passed.
        actions: the recorded play from the level's start to the barrier's, one for each step of 4 frames.
    """

    name: str
    level: str
    split: str
    kind: str
    pass_x: int
    actions: tuple[int, ...]


@cache
def barriers() -> Mapping[str, Barrier]:
    """All of them by name, in the order of their levels."""
    entries = json.loads((INTEGRATIONS / GAME / "levels.json").read_text())["barriers"]
    made = (Barrier(**{**entry, "actions": tuple(unpack(entry["actions"]))}) for entry in entries)
    return MappingProxyType({barrier.name: barrier for barrier in made})
