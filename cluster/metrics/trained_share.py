"""How much of what was sampled was really trained on."""

from collections import defaultdict
from typing import Any

from actors.games.levels import counted_as


def add_trained_share(row: dict[str, Any]) -> None:
    """Adds `trained_share` to a row, and to its levels what the sequence pool counted of them.

    A sequence that is refused, or dropped before it was in a batch, was sampled for the policy alone.
    """
    sampled = row.get("sequences_total", 0) + row["sequences_refused_total"]
    row["trained_share"] = row["sequences_seen_total"] / sampled if sampled else None
    counted: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for level, (inserted, seen) in row.pop("pool_level_counts", {}).items():
        counts = counted[counted_as(level)]
        counts[0] += inserted
        counts[1] += seen
    for level in row["levels"].keys() & counted.keys():
        inserted, seen = counted[level]
        row["levels"][level].update(sequences_total=inserted, sequences_seen_total=seen)
