"""Plays of the ROM, for tests that compare them: one emulator in a process.

python -m tests.windup.on_emulator KIND FILE LEVEL... plays and writes arrays by level to FILE (npz).
"""

import hashlib
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from actors.games.games import WINDUP, actions_of

PADS = (0, 4, 8, 6, 10, 2, 18, 20, 24, 16)
"""Of the ten actions, as the native game has them."""
FRAMES = 3000
VARIABLES = (
    "x", "y", "rings", "lives", "score", "progress", "level_frames", "level_end", "level_end_bonus", "contest_bonus",
    "deepest_x", "screen_x", "screen_y", "screen_x_end", "zone", "act",
)  # fmt: skip


def random_actions(level: str) -> np.ndarray:
    """The same for everybody: mostly to the right, held for a while; int [FRAMES]."""
    rng = np.random.default_rng(int.from_bytes(level.encode(), "big") % 2**32)
    chances = np.array([1, 1, 4, 1, 2, 1, 1, 1, 5, 1]) / 18
    return np.repeat(rng.choice(10, FRAMES, p=chances), rng.integers(4, 40, FRAMES))[:FRAMES]


def play(kind: str, file: Path, levels: Iterable[str]) -> dict[str, np.ndarray]:
    """What a process of its own saw."""
    subprocess.run([sys.executable, "-m", __name__, kind, str(file), *levels], check=True, timeout=600)
    with np.load(file) as arrays:
        return dict(arrays)


def main() -> None:
    kind, file, *levels = sys.argv[1:]
    seen = {"frames": _frames, "solutions": _solutions}[kind](levels)
    np.savez(file, **dict(seen))


def _frames(levels: list[str]) -> Iterator[tuple[str, np.ndarray]]:
    """VARIABLES after every frame of random play, its work in lines, and a digest of the screen; int [F, V+2]."""
    from actors.emulation.emulator import Emulator

    emulator = Emulator(WINDUP, actions_of(WINDUP))
    core, lookup = emulator._core, emulator._data.lookup_value
    for level in levels:
        emulator.reset(level)
        rows = []
        for number, action in enumerate(random_actions(level)):
            core.set_button_mask(emulator._masks[action], 0)
            core.step()
            digest = 0
            if number % 100 == 99:
                digest = int.from_bytes(hashlib.sha1(core.get_screen().tobytes()).digest()[:6], "big")
            rows.append([*map(lookup, VARIABLES), lookup("load_lines"), digest])
        yield level, np.array(rows, np.int64)


def _solutions(levels: list[str]) -> Iterator[tuple[str, np.ndarray]]:
    """Score, whether the goal was reached, and the steps left over, of every recorded play."""
    from actors.emulation.emulator import Emulator
    from windup.tools.solutions import read_solution

    emulator = Emulator(WINDUP, actions_of(WINDUP))
    for level in levels:
        emulator.reset(level)
        # The screen and the variables are a frame late, so the goal may show in the step after the last.
        actions = [*read_solution(level).actions, 0]
        score, done, steps = 0.0, False, 0
        while not done and steps < len(actions):
            reward, done, _ = emulator.step(actions[steps], sticky=False)
            score += reward
            steps += 1
        yield level, np.array([score, done, len(actions) - steps, emulator.variables()["level_end_bonus"]])


if __name__ == "__main__":
    main()
