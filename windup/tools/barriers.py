"""Finds start states shortly before the barriers: the number of steps of a level's recorded play that lead there.

python -m windup.tools.barriers
"""

from collections.abc import Iterator
from dataclasses import astuple, dataclass

import numpy as np

from windup.leveling.generate import Plan, generate, stretches
from windup.leveling.set_pieces import BARRIERS
from windup.native.pads import PADS
from windup.tools.plans import PLANS
from windup.tools.replaced import replace_text
from windup.tools.search import Searcher
from windup.tools.solutions import SOLUTIONS, read_solution

STARTS = SOLUTIONS / "barriers.txt"
SEARCH_FRAMES = 4_000_000
_BLOCK, _FRAME_SKIP = 16, 4
_SCREEN = 320
_APPROACH, _BEHIND = 16, 4
"""Columns of flat ground at a stretch's beginning, and columns before its end at which its barrier is passed."""


@dataclass(frozen=True)
class Start:
    """The start state of a barrier.

    Attributes:
        split: the level's split.
        kind: the barrier's word in level files.
        steps: number of steps of the level's recorded play that lead there.
        pass_x: x in px at which the barrier is passed.
    """

    name: str
    split: str
    kind: str
    steps: int
    pass_x: int


def read_starts() -> list[Start]:
    """Reads the start states, in the order of the levels."""
    rows = (line.split() for line in STARTS.read_text().splitlines())
    return [Start(name, split, kind, int(steps), int(pass_x)) for name, split, kind, steps, pass_x in rows]


def starts_of(plan: Plan, searcher: Searcher) -> Iterator[Start]:
    """Yields the start states of a level's barriers: the recorded play's last moment with the barrier out of sight.

    A barrier is left out if play that never turns back passes it from there. (Of 40 this is one, the second of
    Bathtub.Act9: when that level's seed was chosen, the first barrier had stopped such play before it.)
    """
    pads = PADS[read_solution(plan.name).actions]
    go_to(searcher, plan.name, pads[:0])
    xs = searcher.game.play(np.repeat(pads, _FRAME_SKIP))[_FRAME_SKIP - 1 :: _FRAME_SKIP, 0]
    for number, (barrier, stretch) in enumerate(zip(plan.barriers, stretches(plan), strict=True), 1):
        steps = int(np.argmax(xs >= (stretch.first + _APPROACH) * _BLOCK - _SCREEN))
        pass_x = (stretch.end - _BEHIND) * _BLOCK
        go_to(searcher, plan.name, pads[:steps])
        if searcher.search_on(pass_x, 0, SEARCH_FRAMES, turns_back=False).actions is None:
            yield Start(f"{plan.name}.Barrier{number}", plan.split, BARRIERS[barrier][0], steps, pass_x)


def go_to(searcher: Searcher, level: str, pads: np.ndarray) -> None:
    """Plays the searcher's game from the level's start with buttons uint8 [steps], as an emulator would be played."""
    searcher.game.start(level)
    # The frame that a reset takes.
    searcher.game.frames(0)
    searcher.game.play(np.repeat(pads, _FRAME_SKIP))


def main() -> None:
    plans = [plan for plan in PLANS if plan.barriers]
    searcher = Searcher([generate(plan) for plan in plans])
    starts = [start for plan in plans for start in starts_of(plan, searcher)]
    replace_text(STARTS, "".join(" ".join(map(str, astuple(start))) + "\n" for start in starts))
    print(f"{len(starts)} of {sum(len(plan.barriers) for plan in plans)} barriers stop play that never turns back")


if __name__ == "__main__":
    main()
