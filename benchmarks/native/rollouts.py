"""Measures pools and rollouts of native games in turn with those of emulators, with paused learners."""

import os
from statistics import median
from typing import Any

import numpy as np

from benchmarks.roofline import EMULATORS, LEVEL
from benchmarks.worker import run_fragment
from benchmarks.workers import in_turns, level_workers
from cluster.config.config import TrainConfig

GAMES = (12, 32, 64, 128, 256)
"""Numbers of games of an actor; the first one is the default."""
POOL_SLICES, SLICES = 8, 5


def measure_pool() -> dict[str, float]:
    """Measures one pool with a whole run's games, on all cores: steps a second, and the ratio, medians over turns."""
    workers = {
        "emulators": level_workers("pool", 1, EMULATORS, LEVEL),
        "native": level_workers("native-pool", 1, EMULATORS, LEVEL),
    }
    rates = in_turns(workers, POOL_SLICES)
    for group in workers.values():
        group.close()
    results: dict[str, float] = {name: median(rate) for name, rate in rates.items()}
    ratio = median(np.array(rates["native"]) / np.array(rates["emulators"]))
    return {"games": EMULATORS, **results, "ratio": float(ratio)}


def measure_rollouts() -> dict[str, Any]:
    """Measures one actor a core: `emulators` with the default number, `native` with each of GAMES.

    Each result has `games`, the number of an actor, `fragment`, the steps of each game that PPO gets at a time, and
    `steps_per_second` of all actors; native ones have `ratio`, to the emulators in the same turn. `best` is the number
    of games of the fastest.
    """
    actors = len(os.sched_getaffinity(0))
    each = TrainConfig().emulators_per_actor
    workers = {"emulators": level_workers("run-rollout", actors, each, LEVEL)}
    workers |= {str(games): level_workers("native-rollout", actors, games, LEVEL) for games in GAMES}
    rates = {name: np.array(rate) for name, rate in in_turns(workers, SLICES).items()}
    for group in workers.values():
        group.close()

    def result(name: str, games: int) -> dict[str, float]:
        return {"games": games, "fragment": run_fragment(games), "steps_per_second": float(np.median(rates[name]))}

    native = [
        result(str(games), games) | {"ratio": float(np.median(rates[str(games)] / rates["emulators"]))}
        for games in GAMES
    ]
    best = max(native, key=lambda rate: rate["ratio"])
    return {"actors": actors, "emulators": result("emulators", each), "native": native, "best": best["games"]}
