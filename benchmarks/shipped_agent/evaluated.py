"""What evaluations of the shipped agent have left in results/."""

import json
from pathlib import Path

COMMAND = "sonic-worlds evaluate pretrained --levels windup-train,windup-validation --emulator native --episodes 30"
"""Plays the episodes of results/pretrained.json."""


def scores_by_level(file: Path) -> dict[str, list[float]]:
    """Reads the scores of each level's episodes, by its name, from what `sonic-worlds evaluate --json` wrote."""
    return {name: level["scores"] for name, level in json.loads(file.read_text())["levels"].items()}
