"""The result of a training iteration of the policy."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from learners.finite_steps import Setback
from learners.value_errors import FragmentError

LEARNED = ("entropy", "vf_explained_var")
"""RLlib's names of the learner's results that are reported."""


class Iteration(NamedTuple):
    """The result of an iteration.

    Attributes:
        runners: the runners' results, by RLlib's names and those of `CuriousEnvRunner`.
        updates: number of the learner's updates so far.
        errors: value errors of the learned fragments, if levels are scored.
        seconds: by phase: wait (for samples), learn, publish (weights to the runners). Empty if the algorithm does not
            measure them.
        learned: the learner's results in LEARNED, if they are reported and finite.
        setbacks: one for each of the learner's updates that had any.
    """

    runners: dict[str, Any]
    updates: int
    errors: list[FragmentError]
    seconds: dict[str, float]
    learned: dict[str, float]
    setbacks: Sequence[Setback] = ()


def learned_numbers(results: Mapping[str, Any]) -> dict[str, float]:
    """Returns the numbers of LEARNED in a learner's results."""
    numbers = {name: float(results[name]) for name in LEARNED if name in results}
    return {name: number for name, number in numbers.items() if math.isfinite(number)}
