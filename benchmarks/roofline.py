"""python -m benchmarks.roofline: compares rollouts with the least time that their emulation and arithmetic take.

For each step, t_emulate is the time of a bare loop of `em.step()` for 4 frames, and t_infer that of a bare loop of
torch for V's encoder, M and the policy at an actor's batch size, each on every core at once. The limit of rollouts is
then cores / (t_emulate + t_infer). All are measured in turns. An emulator pool draws one frame of four, so it can be
faster than the bare loop.
"""

import os
from statistics import median
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.worker import FRAME_SKIP
from benchmarks.workers import in_turns, level_workers
from cluster.config.config import TrainConfig

LEVEL = "Windup-Genesis-v0/TrainYard.Act4"
EMULATORS = TrainConfig().actors * TrainConfig().emulators_per_actor
SLICES = 15


def measure() -> dict[str, Any]:
    """Measures steps a second of all cores together, and the ratios; medians over turns."""
    cores = len(os.sched_getaffinity(0))
    each = EMULATORS // cores
    workers = {
        "bare": level_workers("bare", cores, 0, LEVEL),
        "networks": level_workers("networks", cores, each, LEVEL),
        "pool": level_workers("pool", 1, EMULATORS, LEVEL),
        "rollouts": level_workers("rollout", cores, each, LEVEL),
    }
    rates = {name: np.array(rate) for name, rate in in_turns(workers, SLICES).items()}
    for group in workers.values():
        group.close()
    limit = 1 / (1 / rates["bare"] + 1 / rates["networks"])
    return {
        "level": LEVEL,
        "cores": cores,
        "emulators": EMULATORS,
        "steps_per_second": {name: median(rate) for name, rate in (rates | {"limit": limit}).items()},
        "microseconds": {
            "t_emulate": 1e6 * cores / median(rates["bare"]),
            "t_infer": 1e6 * cores / median(rates["networks"]),
        },
        "pool_to_bare": median(rates["pool"] / rates["bare"]),
        "rollouts_to_limit": median(rates["rollouts"] / limit),
    }


def table(result: dict[str, Any]) -> Table:
    rates = result["steps_per_second"]
    shown = Table(
        "part", "steps/s", "frames/s", "ratio", title=f"{result['cores']} cores, {EMULATORS} emulators on {LEVEL}"
    )
    for part, name, ratio in (
        ("bare em.step() loop: cores / t_emulate", "bare", ""),
        ("bare torch loop of the networks: cores / t_infer", "networks", ""),
        ("limit: cores / (t_emulate + t_infer)", "limit", ""),
        ("emulator pool", "pool", f"{result['pool_to_bare']:.2f} of the bare loop"),
        ("rollouts, learners paused", "rollouts", f"{result['rollouts_to_limit']:.2f} of the limit"),
    ):
        shown.add_row(part, f"{rates[name]:,.0f}", f"{FRAME_SKIP * rates[name]:,.0f}", ratio)
    return shown


if __name__ == "__main__":
    Console().print(table(measure()))
