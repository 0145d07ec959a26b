"""python -m benchmarks.remote_emulators: steps a second of gym-remote's hosts beside local emulators.

Pools of as many emulators as a run has, in turn, on Windup: local ones, hosts with stable-retro on this Python, and
hosts with gym-retro on the Python 3.8 that SONIC_WORLDS_GYM_RETRO_PYTHON names, if it does. With gym-retro whole
training runs, too.
"""

import os
import time
from statistics import median
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from actors.emulation.emulator_pool import EmulatorPool
from actors.emulation.settings import EmulatorSettings
from actors.games.games import actions_of
from actors.games.levels import Level
from benchmarks.training import LEVELS, STEPS, run
from benchmarks.worker import FRAME_SKIP
from cluster.config.config import TrainConfig

LEVEL = Level("Windup-Genesis-v0", "TrainYard.Act4")
EMULATORS = TrainConfig().emulators_per_actor
SLICE_SECONDS, SLICES = 2.0, 10
_PYTHON = os.environ.get("SONIC_WORLDS_GYM_RETRO_PYTHON")
GYM_RETRO = _PYTHON and f"{_PYTHON} -m actors.gym_remote.host {{game}} --dir {{dir}} --library retro --training"
"""Command that starts hosts with gym-retro; None if there is no gym-retro."""


def kinds() -> dict[str, EmulatorSettings]:
    """Returns the measured settings, by name; local emulators first."""
    settings: dict[str, EmulatorSettings] = {
        "local emulators": EmulatorSettings(timeout_s=60.0, stuck_steps=None),
        "stable-retro hosts": EmulatorSettings(kind="gym-remote", timeout_s=60.0, stuck_steps=None),
    }
    if GYM_RETRO:
        settings["gym-retro 0.8.0 hosts"] = EmulatorSettings(
            kind="gym-remote", host_command=GYM_RETRO, timeout_s=60.0, stuck_steps=None
        )
    return settings


def measure() -> dict[str, dict[str, float]]:
    """Measures steps a second by name, and their ratio to local emulators' in the same turn; medians over turns."""
    pools = {
        name: EmulatorPool([LEVEL.game] * EMULATORS, lambda i: LEVEL, settings, 0) for name, settings in kinds().items()
    }
    try:
        rates: dict[str, list[float]] = {name: [] for name in pools}
        for pool in pools.values():
            pool.reset()
            _rate(pool)
        for _ in range(SLICES):
            for name, pool in pools.items():
                rates[name].append(_rate(pool))
    finally:
        for pool in pools.values():
            pool.close()
    local = np.array(next(iter(rates.values())))
    results = {
        name: {"steps_per_second": median(rate), "ratio": float(np.median(np.array(rate) / local))}
        for name, rate in rates.items()
    }
    if GYM_RETRO:
        words = ["--emulator", "gym-remote", "--emulator.host-command", GYM_RETRO]
        (remote, _), (here, _) = run(STEPS, LEVELS, words), run(STEPS, LEVELS)
        results["training run, gym-retro 0.8.0 hosts"] = {"steps_per_second": remote, "ratio": remote / here}
    return results


def table(results: dict[str, dict[str, float]]) -> Any:
    shown = Table("emulators", "steps/s", "frames/s", "ratio to local ones", title=f"{EMULATORS} emulators on {LEVEL}")
    for name, result in results.items():
        rate = result["steps_per_second"]
        shown.add_row(name, f"{rate:,.0f}", f"{FRAME_SKIP * rate:,.0f}", f"{result['ratio']:.2f}")
    return shown


def _rate(pool: EmulatorPool) -> float:
    """Measures steps a second of random play over one slice."""
    rng = np.random.default_rng(0)
    actions = len(actions_of(LEVEL.game))
    steps, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < SLICE_SECONDS:
        pool.step(rng.integers(0, actions, EMULATORS))
        steps += EMULATORS
    return steps / (time.perf_counter() - begin)


if __name__ == "__main__":
    Console().print(table(measure()))
