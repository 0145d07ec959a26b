"""What comes of a training iteration of the policy."""

from typing import Any, NamedTuple

from learners.value_errors import FragmentError


class Iteration(NamedTuple):
    """
    Attributes:
        runners: the runners' results, by RLlib's names and theirs.
        updates: of the learner so far.
        errors: of the episodes' parts that were learned from, if levels are scored.
    """

    runners: dict[str, Any]
    updates: int
    errors: list[FragmentError]
