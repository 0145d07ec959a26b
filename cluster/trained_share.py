"""How much of what was sampled was really trained on."""

from typing import Any


def add_trained_share(row: dict[str, Any]) -> None:
    """Adds `trained_share` to a row, and to its levels what the sequence pool counted of them.

    A sequence that is refused, or dropped before it was in a batch, was sampled for the policy alone.
    """
    sampled = row.get("sequences_total", 0) + row["sequences_refused_total"]
    row["trained_share"] = row["sequences_seen_total"] / sampled if sampled else None
    for level, (inserted, seen) in row.pop("pool_level_counts", {}).items():
        if level in row["levels"]:
            row["levels"][level].update(sequences_total=inserted, sequences_seen_total=seen)
