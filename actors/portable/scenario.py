"""Rewards and ends of episodes by stable-retro's scenario files without scripts.

It runs on Python 3.8, too: in hosts with gym-retro.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Iterator

import numpy as np

Lookup = Callable[[str], int]
"""Returns a game variable's present value by name."""

_OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "": lambda value, reference: value,
    "equal": lambda value, reference: value == reference,
    "not-equal": lambda value, reference: value != reference,
    "less-than": lambda value, reference: value < reference,
    "greater-than": lambda value, reference: value > reference,
    "less-or-equal": lambda value, reference: value <= reference,
    "greater-or-equal": lambda value, reference: value >= reference,
    "nonzero": lambda value, reference: value != 0,
    "zero": lambda value, reference: value == 0,
    "negative": lambda value, reference: value < 0,
    "positive": lambda value, reference: value > 0,
}


class UnsupportedScenario(ValueError):
    """A scenario has a script, or a rule that is not supported here."""


class Scenario:
    """Judges frames from the variables in the console's live memory.

    stable-retro copies the whole memory of the console on every frame that it judges (65 us, where an emulator's frame
    takes 130 to 250 us). To look up a variable takes 0.3 us. A test compares the results of both.
    """

    def __init__(self, rules: dict[str, Any]) -> None:
        """
        Args:
            rules: the content of a scenario file.

        Raises:
            UnsupportedScenario: only stable-retro itself can apply the rules.
        """
        reward = rules.get("reward", {})
        if "scripts" in rules or "rewards" in rules or set(reward) - {"variables"}:
            raise UnsupportedScenario("it has a script, or rewards more than variables")
        self._rewards = [
            (_Measure(name, rule, "delta"), np.float32(rule.get("reward", 0)), np.float32(rule.get("penalty", 0)))
            for name, rule in reward.get("variables", {}).items()
        ]
        self._end = _End(rules.get("done", {}))
        measures = [measure for measure, _, _ in self._rewards] + list(self._end.measures())
        self._names = sorted({measure.name for measure in measures})
        for measure in measures:
            measure.index = self._names.index(measure.name)
        self._now: list[int] = []
        self._unchanged: tuple[float, bool] | None = None
        """Reward and end of a frame in which no variable has changed; None: not computed yet."""

    def begin(self, lookup: Lookup) -> None:
        """An episode begins with the frame that is in memory now."""
        self._now = [lookup(name) for name in self._names]
        self._unchanged = None

    def judge(self, lookup: Lookup) -> tuple[float, bool]:
        """Returns the reward of the frame in memory, and whether it ends the episode. Must be called on every frame."""
        before, now = self._now, [lookup(name) for name in self._names]
        if now == before:
            if self._unchanged is None:
                self._unchanged = self._worth(before, now)
            return self._unchanged
        self._now, self._unchanged = now, None
        return self._worth(before, now)

    def _worth(self, before: list[int], now: list[int]) -> tuple[float, bool]:
        reward = np.float32(0)
        for measure, gain, penalty in self._rewards:
            value = measure(before, now)
            if value:
                reward += np.float32(value) * (gain if value > 0 else penalty)
        return float(reward), self._end(before, now)


def own_rules(file: Path) -> Scenario | None:
    """Returns the rules of a scenario file; None if only stable-retro itself can apply them."""
    try:
        return Scenario(json.loads(file.read_text()))
    except UnsupportedScenario:
        return None


class _Measure:
    """A variable's value or change, or the result of its comparison."""

    def __init__(self, name: str, rule: dict[str, Any], measurement: str) -> None:
        operation = rule.get("op", "")
        if operation not in _OPERATIONS:
            raise UnsupportedScenario(f"{name}: op {operation!r}")
        self.name = name
        self.index = 0
        """The variable's place in the lists of values."""
        self.delta = rule.get("measurement", measurement) == "delta"
        self._operation = _OPERATIONS[operation]
        self._reference = rule.get("reference", 0)

    def __call__(self, before: list[int], now: list[int]) -> int:
        value = now[self.index] - before[self.index] if self.delta else now[self.index]
        return int(self._operation(value, self._reference))


class _End:
    """A condition: any or all of its measures are above 0 and its groups true. Of none, "all" is true, "any" is not."""

    def __init__(self, node: dict[str, Any]) -> None:
        if "script" in node:
            raise UnsupportedScenario("its end is a script")
        self._all = node.get("condition") == "all"
        self._measures = [_Measure(name, rule, "absolute") for name, rule in node.get("variables", {}).items()]
        self._nodes = [_End(child) for child in node.get("nodes", {}).values()]

    def measures(self) -> Iterator[_Measure]:
        yield from self._measures
        for node in self._nodes:
            yield from node.measures()

    def __call__(self, before: list[int], now: list[int]) -> bool:
        # Plain loops: this runs on every frame.
        for measure in self._measures:
            if (measure(before, now) > 0) != self._all:
                return not self._all
        for node in self._nodes:
            if node(before, now) != self._all:
                return not self._all
        return self._all
