"""The share of sampled steps that the world model was trained on."""

from collections import defaultdict
from typing import Any

from actors.games.levels import counted_as


def add_trained_share(row: dict[str, Any]) -> None:
    """Adds `trained_share` to a row, and the sequence pool's counts to its levels.

    Sequences that were refused, or dropped before they were in a batch, were sampled for the policy only.
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
