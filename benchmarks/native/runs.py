"""Measures whole training runs on native games in turn with ones on emulators, else with the defaults."""

from statistics import median
from typing import Any

from benchmarks.training import LEVELS, run
from cluster.config.config import TrainConfig

STEPS = 30_000
TURNS = 2
PHASES = ("actor_emulate", "actor_infer", "actor_policy", "actor_wait")


def measure_runs(best: int) -> dict[str, dict[str, Any]]:
    """Measures `emulators`, `native`, and `native_best` with `best` games an actor.

    Each result has `games`, the number of an actor; `steps_per_second` and `ratio`, to the emulators in the same turn,
    medians; `training_ratio`, the steps trained on for each sampled step; and `microseconds` of an actor's step by
    phase.
    """
    each = TrainConfig().emulators_per_actor
    kinds: dict[str, tuple[int, list[str]]] = {
        "emulators": (each, []),
        "native": (each, ["--emulator", "native"]),
        "native_best": (best, ["--emulator", "native", "--emulators-per-actor", str(best)]),
    }
    turns = [{name: run(STEPS, LEVELS, words) for name, (_, words) in kinds.items()} for _ in range(TURNS)]
    return {
        name: {
            "games": games,
            "steps_per_second": median(turn[name][0] for turn in turns),
            "ratio": median(turn[name][0] / turn["emulators"][0] for turn in turns),
            "training_ratio": median(turn[name][1]["training_ratio"] for turn in turns),
            "microseconds": {phase: median(_microseconds(turn[name][1], phase) for turn in turns) for phase in PHASES},
        }
        for name, (games, _) in kinds.items()
    }


def _microseconds(row: dict[str, Any], phase: str) -> float:
    return float(1e6 * row[f"{phase}_seconds_total"] / row["steps_total"])
