"""The native game beside the emulator, frame by frame, in a process of its own, which can hold one emulator.

python -m tests.windup.native.beside_emulator FILE LEVEL... writes what differed to FILE, as JSON.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path

import numpy as np

from actors.emulation.emulator import Emulator
from windup.game import ACTIONS, GAME
from windup.leveling.level_file import read_levels
from windup.native.games import Games

FRAMES = 3000
"""Of a play, or a few more."""
NOT_MODELLED = {"load_lines"}
"""How many scan lines the console's work took: a measurement of the console's time."""
_CHANCES = np.array([1, 1, 4, 1, 2, 1, 1, 1, 5, 1]) / 18


@dataclass
class Played:
    """
    Attributes:
        frames: how many screens and variables were compared, and `steps` how many steps.
        over: steps that ended an episode, or came after its end.
        blank: frames that the console showed with its display off.
        differ: what differed first, in words.
    """

    level: str
    kind: str
    frames: int = 0
    steps: int = 0
    over: int = 0
    blank: int = 0
    differ: list[str] = field(default_factory=list)

    def same(self, what: str, console: object, native: object) -> None:
        if not np.array_equal(console, native) and len(self.differ) < 5:  # type: ignore[arg-type]
            difference = "" if isinstance(console, np.ndarray) else f": {console} and {native}"
            self.differ.append(f"{what} after {self.frames} frames{difference}")


def play(file: Path, levels: Iterable[str]) -> list[Played]:
    """What a process of its own saw: each level's recorded play with random play after it, and sticky random play."""
    subprocess.run([sys.executable, "-m", __name__, str(file), *levels], check=True, timeout=1000)
    return [Played(**one) for one in json.loads(file.read_text())]


class _Beside(Emulator):
    """An emulator whose every frame is compared with a native game's."""

    def __init__(self) -> None:
        super().__init__(GAME, ACTIONS)
        # All frames drawn; the rest as in lean mode, which other tests hold against exact mode.
        self._undrawn = None
        self._numbers = {level.name: number for number, level in enumerate(read_levels())}
        self._by_frame = Games(1, size=None, frame_skip=1)
        self._by_step = Games(2, size=64)
        self._large = Games(1, size=128)
        self._first = self._held = self._frame = 0
        self._played = Played("", "")

    def begin(self, level: str, kind: str) -> Played:
        played = self._played = Played(level, kind)
        self.reset(level)
        for games in (self._by_frame, self._by_step, self._large):
            games.reset(range(len(games)), self._numbers[level])
        self._compare_frame()
        self._compare_observations()
        return played

    def step(self, action: int, sticky: bool) -> tuple[float, bool, int]:
        played = self._played
        self._first, self._held, self._frame = self._action if sticky and self._action >= 0 else action, action, 0
        console = super().step(action, sticky)
        # The second game rests.
        native = self._by_step.step([action, 0], [sticky, False], [True, False])
        self._large.step([action], [sticky])
        played.same("reward, end and frames", console, tuple(array[0].item() for array in native[:3]))
        played.same("rest", (0, False, 0), tuple(array[1].item() for array in native[:3]))
        played.same("position", self.position(), tuple(native[3][0].tolist()))
        self._compare_observations()
        played.steps += 1
        played.over += console[1]
        return console

    def _judge(self) -> tuple[float, bool]:
        self._by_frame.step([self._held if self._frame else self._first], [False])
        self._frame += 1
        self._compare_frame()
        return super()._judge()

    def _compare_frame(self) -> None:
        played, screen, native = self._played, self.screen(), self._by_frame.frames[0]
        played.frames += 1
        played.blank += not (screen[::8, ::8] != screen[0, 0]).any()
        if not np.array_equal(screen, native):
            played.same(f"screen, from {np.argwhere((screen != native).any(-1))[0].tolist()} on", screen, native)
        variables = {name: value for name, value in self.variables().items() if name not in NOT_MODELLED}
        played.same("variables", variables, self._by_frame.variables(0))

    def _compare_observations(self) -> None:
        for games in (self._by_step, self._large):
            out = np.empty_like(games.frames[0])
            self.observe(out)
            self._played.same(f"observation of {len(out)}", out, games.frames[0])


def _random_actions(rng: np.random.Generator) -> Iterator[int]:
    while True:
        yield from [int(rng.choice(len(ACTIONS), p=_CHANCES))] * int(rng.integers(1, 12))


def main() -> None:
    from windup.tools.solutions import read_solution

    file, *levels = sys.argv[1:]
    beside, plays = _Beside(), []
    for level in levels:
        rng = np.random.default_rng(int.from_bytes(level.encode(), "big") % 2**32)
        recorded = read_solution(level).actions
        actions, least = chain(recorded, _random_actions(rng)), len(recorded) + 1
        for kind, chance in (("recorded, then random", 0.0), ("random and sticky", 0.25)):
            played = beside.begin(level, kind)
            while played.frames < FRAMES or played.steps < least:
                beside.step(next(actions), bool(rng.random() < chance))
            plays.append(asdict(played))
            actions, least = _random_actions(rng), 0
    Path(file).write_text(json.dumps(plays))


if __name__ == "__main__":
    main()
