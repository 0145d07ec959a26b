"""Compares a step of the native game with one of the emulator, on one core, with equal actions on one level."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from statistics import median

import numpy as np

from actors.emulation.emulator import Emulator
from benchmarks.roofline import LEVEL
from windup.game import ACTIONS, GAME
from windup.native.games import Games
from windup.native.level_numbers import level_number

STATE = LEVEL.split("/")[1]
GAMES, SIZE = 64, 64
SLICES, EMULATED, EMULATED_RESETS, PLAYED, RESETS = 15, 60, 5, 20, 3
"""Number of turns, and in each of them the emulator's steps and resets, and the steps and resets of all games."""


def measure_step() -> dict[str, float]:
    """Measures microseconds of CPU time and ratios, medians over turns; steps a second by threads; bytes of memory.

    A step is 4 frames, the last of which is drawn and resized to 64x64, except in `undrawn`; a reset begins the level
    and draws its first frame, except in `undrawn`. `bytes_a_game` includes the observation.
    """
    number = level_number(STATE)
    rng = np.random.default_rng(0)
    actions = rng.integers(0, len(ACTIONS), (PLAYED, GAMES))
    sticky = rng.random((PLAYED, GAMES)) < 0.25
    emulator = Emulator(GAME, ACTIONS)
    out = np.empty((SIZE, SIZE, 3), np.uint8)

    def emulated() -> None:
        for i in range(EMULATED):
            emulator.step(int(actions[i % PLAYED, 0]), bool(sticky[i % PLAYED, 0]))
            emulator.observe(out)

    def emulated_reset() -> None:
        for _ in range(EMULATED_RESETS):
            emulator.reset(STATE)
            emulator.observe(out)

    def played(games: Games) -> None:
        for i in range(PLAYED):
            games.step(actions[i], sticky[i])

    def reset(games: Games) -> None:
        for _ in range(RESETS):
            games.reset(range(GAMES), number)

    taken: dict[str, list[float]] = {}

    def turn(name: str, work: Callable[[], None], times: int) -> None:
        taken.setdefault(name, []).append(1e6 * _seconds(work, time.process_time) / times)

    with _one_core(), Games(GAMES, SIZE) as games, Games(GAMES, size=0) as blind:
        for _ in range(SLICES):
            turn("emulator_reset", emulated_reset, EMULATED_RESETS)
            turn("reset", partial(reset, games), RESETS * GAMES)
            turn("reset_undrawn", partial(reset, blind), RESETS * GAMES)
            turn("emulator_step", emulated, EMULATED)
            turn("step", partial(played, games), PLAYED * GAMES)
            turn("step_undrawn", partial(played, blind), PLAYED * GAMES)
        memory = games.bytes_each + games.frames[0].nbytes
    results = {f"{name}_us": median(times) for name, times in taken.items()}
    for name in ("step", "reset"):
        pairs = zip(taken[f"emulator_{name}"], taken[name], strict=True)
        results[f"{name}_ratio"] = median(emulators / native for emulators, native in pairs)
    results["bytes_a_game"] = float(memory)
    for threads in range(1, len(os.sched_getaffinity(0)) + 1):
        with Games(GAMES, SIZE, threads=threads) as games:
            reset(games)
            rates = [PLAYED * GAMES / _seconds(partial(played, games)) for _ in range(SLICES)]
            results[f"steps_per_second_{threads}_threads"] = median(rates)
    return results


def _seconds(work: Callable[[], None], clock: Callable[[], float] = time.perf_counter) -> float:
    start = clock()
    work()
    return clock() - start


@contextmanager
def _one_core() -> Iterator[None]:
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
