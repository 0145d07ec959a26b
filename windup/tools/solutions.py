"""Recorded plays: one file for each level, with the actions of every step from the start state to the goal.

python -m windup.tools.solutions
"""

from dataclasses import dataclass
from pathlib import Path

from windup.leveling.level_file import read_levels
from windup.runs import pack, unpack
from windup.tools.replaced import replace_text
from windup.tools.search import Searcher

SOLUTIONS = Path(__file__).parents[1] / "solutions"
_SEEDS, _FRAMES = 4, 4_000_000
"""Number of searches, the shortest of which is recorded, and most frames of each."""


@dataclass(frozen=True)
class Solution:
    """The recorded play of a level.

    Attributes:
        actions: one for each step of 4 frames; the first follows the frame that a reset takes.
        seed: of the search.
        frames: number of frames that the search played.
    """

    actions: list[int]
    seed: int
    frames: int


def read_solution(level: str) -> Solution:
    """Reads the recorded play of a level."""
    head, _, runs = (SOLUTIONS / f"{level}.txt").read_text().partition("---\n")
    values = dict(line.split(": ") for line in head.splitlines())
    return Solution(unpack(runs), int(values["seed"]), int(values["frames"]))


def write_solution(level: str, solution: Solution) -> None:
    """Writes a header, then the actions in the form of `windup.runs`."""
    runs = pack(solution.actions)
    rows = [" ".join(runs[i : i + 20]) for i in range(0, len(runs), 20)]
    head = [f"seed: {solution.seed}", f"frames: {solution.frames}", "---"]
    replace_text(SOLUTIONS / f"{level}.txt", "\n".join([*head, *rows, ""]))


def main() -> None:
    levels = read_levels()
    searcher = Searcher(levels)
    for level in levels:
        solutions = []
        for seed in range(_SEEDS):
            result = searcher.search(level.name, seed, _FRAMES)
            if result.actions is not None:
                solutions.append(Solution(result.actions, seed, result.frames))
        if not solutions:
            raise SystemExit(f"{level.name}: no way to the goal in {_FRAMES:,} frames")
        best = min(solutions, key=lambda solution: len(solution.actions))
        write_solution(level.name, best)
        print(f"{level.name}: {len(best.actions)} steps, found in {best.frames:,} frames")


if __name__ == "__main__":
    main()
