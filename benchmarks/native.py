"""python -m benchmarks.native: a step of the native game beside one of the emulator on the same core.

Both play the same actions on the same level: 4 frames, the last one drawn and resized to 64x64.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from statistics import median

import numpy as np
from rich.console import Console
from rich.table import Table

from actors.emulator import Emulator
from windup.game import ACTIONS, GAME
from windup.native.games import Games
from windup.native.level_numbers import level_number

LEVEL = "TrainYard.Act4"
GAMES = 64
SLICES, EMULATED, PLAYED, RESETS = 15, 60, 20, 3
"""Turns, and in each of them the emulator's steps, the steps and the resets of all games."""


def measure() -> dict[str, float]:
    """Microseconds of a step and a reset, medians of turns on one core; steps a second by threads; bytes of a game."""
    number = level_number(LEVEL)
    rng = np.random.default_rng(0)
    actions = np.repeat(rng.integers(0, len(ACTIONS), (PLAYED, GAMES)), 4, 0)[:PLAYED]
    sticky = rng.random((PLAYED, GAMES)) < 0.25
    emulator = Emulator(GAME, ACTIONS)
    out = np.empty((64, 64, 3), np.uint8)

    def emulated() -> None:
        for i in range(EMULATED):
            emulator.step(int(actions[i % PLAYED, 0]), bool(sticky[i % PLAYED, 0]))
            emulator.observe(out)

    def played(games: Games) -> None:
        for i in range(PLAYED):
            games.step(actions[i], sticky[i])

    def reset(games: Games) -> None:
        for _ in range(RESETS):
            games.reset(range(GAMES), number)

    taken: dict[str, list[float]] = {}

    def turn(name: str, seconds: float, times: int) -> None:
        taken.setdefault(name, []).append(1e6 * seconds / times)

    with _one_core(), Games(GAMES) as games, Games(GAMES, size=0) as blind:
        emulator.reset(LEVEL)
        for _ in range(SLICES):
            turn("reset_drawn", _seconds(partial(reset, games)), RESETS * GAMES)
            turn("reset", _seconds(partial(reset, blind)), RESETS * GAMES)
            turn("emulator_step", _seconds(emulated), EMULATED)
            turn("step", _seconds(partial(played, games)), PLAYED * GAMES)
            turn("step_undrawn", _seconds(partial(played, blind)), PLAYED * GAMES)
        memory = games.bytes_each
    results = {f"{name}_us": median(times) for name, times in taken.items()}
    ratios = [a / b for a, b in zip(taken["emulator_step"], taken["step"], strict=True)]
    results |= {"ratio": median(ratios), "bytes_a_game": float(memory)}
    for threads in range(1, len(os.sched_getaffinity(0)) + 1):
        with Games(GAMES, threads=threads) as games:
            reset(games)
            rates = [PLAYED * GAMES / _seconds(partial(played, games)) for _ in range(SLICES)]
            results[f"steps_per_second_{threads}_threads"] = median(rates)
    return results


def table(result: dict[str, float]) -> Table:
    shown = Table("what", "figure", title=f"native game, {GAMES} games on {LEVEL}")
    for name, value in result.items():
        shown.add_row(name.replace("_", " "), f"{value:,.1f}")
    return shown


def _seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


@contextmanager
def _one_core() -> Iterator[None]:
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


if __name__ == "__main__":
    Console().print(table(measure()))
