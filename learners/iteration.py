"""What comes of a training iteration of the policy."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from learners.finite_steps import Setback
from learners.value_errors import FragmentError

LEARNED = ("entropy", "vf_explained_var")
"""What is told of the learner's results, by RLlib's names."""


class Iteration(NamedTuple):
    """
    Attributes:
        runners: the runners' results, by RLlib's names and theirs.
        updates: of the learner so far.
        errors: of the episodes' parts that were learned from, if levels are scored.
        seconds: by phase: wait (for samples), learn, publish (weights to the runners). Empty if the algorithm keeps
            no such account.
        learned: the learner's entropy and vf_explained_var, as far as it tells them, and they are finite.
        setbacks: of the learner's updates that had any.
    """

    runners: dict[str, Any]
    updates: int
    errors: list[FragmentError]
    seconds: dict[str, float]
    learned: dict[str, float]
    setbacks: Sequence[Setback] = ()


def learned_numbers(results: Mapping[str, Any]) -> dict[str, float]:
    """What a learner's results say of LEARNED."""
    numbers = {name: float(results[name]) for name in LEARNED if name in results}
    return {name: number for name, number in numbers.items() if math.isfinite(number)}
