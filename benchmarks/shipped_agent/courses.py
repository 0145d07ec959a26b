"""Levels of Windup with known ways to their goals, and games that begin at a level's start or along its way.

Episodes that begin along a way show the end of a level to an agent that cannot get there yet (Salimans and Chen,
arXiv 1812.03381, section 3, without their curriculum: all parts of the way are drawn alike).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from windup.eyes import EYES
from windup.game import EPISODE_STEPS
from windup.generated import is_generated
from windup.native.games import Games
from windup.native.level_numbers import level_number, search_way
from windup.tools.solutions import read_solution

CELL = 32
"""Side in px of a cell; an episode's first visit to a cell is paid."""
STICKY = 0.25
FINISHED = 8900
"""Score that only an episode that reached its goal exceeds: the way there is worth 9,000, or a little less."""
_EVERY = 20
"""Steps between two states along a way."""


def finished_share(scores: Sequence[float]) -> float:
    """Returns the share of the episodes with these scores that reached their goal."""
    return sum(score > FINISHED for score in scores) / len(scores)


@dataclass(frozen=True)
class Course:
    """A level, and the game's saved states along a way to its goal, the start first."""

    name: str
    number: int
    states: tuple[bytes, ...]


def course(name: str) -> Course:
    """Makes a course of one of the 58 levels by its recorded solution, or of a generated level by its search."""
    number = level_number(name)
    actions = search_way(name, number) if is_generated(name) else read_solution(name).actions
    # A generated level is one to which the search has found a way.
    assert actions is not None
    with Games(1, size=0) as games:
        games.reset([0], number)
        states = [games.save(0)]
        for step, action in enumerate(actions, 1):
            _, over, _, _ = games.step([action], [False])
            if over[0]:
                break
            if step % _EVERY == 0:
                states.append(games.save(0))
    return Course(name, number, tuple(states))


@dataclass(frozen=True)
class Moved:
    """The result of a step of N games.

    Attributes:
        rewards: float32 [N]: the rise of the episode's score above its highest so far, times `scale`, and `visit` for
            a cell's first visit; each state of gates and walls has cells of its own.
        terminated, truncated: bool [N].
        last: what perfect eyes see in the last moment of the truncated episodes, float32 [N, EYES]; None where no
            episode was truncated.
    """

    rewards: npt.NDArray[np.float32]
    terminated: npt.NDArray[np.bool_]
    truncated: npt.NDArray[np.bool_]
    last: npt.NDArray[np.float32] | None


@dataclass(frozen=True)
class Score:
    """The score of an episode that began at a level's start."""

    level: str
    score: float


class CourseGames:
    """N games, with a course drawn for each episode. The next episode begins at once after the end of one.

    Attributes:
        first: bool [N]; whether the game shows the first frame of an episode.
        scores: of the ended episodes that began at a level's start; the reader may clear them.
    """

    def __init__(
        self,
        courses: list[Course],
        n: int,
        seed: int,
        *,
        size: int = 0,
        along: float = 0.5,
        stuck: int = 150,
        visit: float = 0.1,
        scale: float = 0.01,
    ) -> None:
        """
        Args:
            size: of the frames that are drawn: 64, 128, or 0 for none.
            along: share of the episodes that begin somewhere along the way.
            stuck: steps without a higher score or a new cell after which an episode is truncated.
        """
        self._courses, self._rng = courses, np.random.default_rng(seed)
        self._games = Games(n, size=size)
        self._along, self._stuck, self._visit, self._scale = along, stuck, visit, scale
        self._in: list[Course] = [courses[0]] * n
        self._whole = np.zeros(n, bool)
        self._score, self._best = np.zeros(n), np.zeros(n)
        self._steps, self._idle = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self._visited: list[set[tuple[int, int, int]]] = [set() for _ in range(n)]
        self.first = np.ones(n, bool)
        self.scores: list[Score] = []
        self._begin(range(n))

    @property
    def frames(self) -> npt.NDArray[np.uint8]:
        """The games' frames, uint8 [N, size, size, 3]: always the same array."""
        return self._games.frames

    def eyes(self) -> npt.NDArray[np.float32]:
        """Returns what perfect eyes see: a new array, float32 [N, EYES]."""
        seen = np.empty((len(self._games), EYES), np.float32)
        self._games.eyes(seen)
        return seen

    def step(self, actions: npt.NDArray[np.integer]) -> Moved:
        """Plays a step with actions, int [N], a quarter of which are sticky."""
        n = len(self._games)
        gained, terminated, _, places = self._games.step(actions, self._rng.random(n) < STICKY)
        self._score += gained
        self._steps += 1
        self._idle += 1
        risen = np.maximum(self._score - self._best, 0)
        np.maximum(self._best, self._score, out=self._best)
        new = self._visits(places)
        self._idle[(risen > 0) | new] = 0
        truncated = ~terminated & ((self._idle >= self._stuck) | (self._steps >= EPISODE_STEPS))
        last = self.eyes() if truncated.any() else None
        over = np.flatnonzero(terminated | truncated)
        self.scores += [Score(self._in[i].name, float(self._score[i])) for i in over if self._whole[i]]
        self.first[:] = False
        self._begin(over)
        rewards = (self._scale * risen + self._visit * new).astype(np.float32)
        return Moved(rewards, terminated, truncated, last)

    def close(self) -> None:
        self._games.close()

    def _visits(self, places: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
        """Returns whether each game is in a cell that is new to its episode, and not its first one: bool [N]."""
        new = np.zeros(len(self._games), bool)
        columns, rows = (places // CELL).T.tolist()
        for i, cell in enumerate(zip(columns, rows, self._games.changes.tolist(), strict=True)):
            if cell not in self._visited[i]:
                self._visited[i].add(cell)
                new[i] = self._steps[i] > 1
        return new

    def _begin(self, numbers: "range | npt.NDArray[np.intp]") -> None:
        for i in map(int, numbers):
            drawn = self._courses[int(self._rng.integers(len(self._courses)))]
            state = int(self._rng.integers(len(drawn.states))) if self._rng.random() < self._along else 0
            self._games.reset([i], drawn.number)
            if state:
                self._games.load(i, drawn.states[state])
            self._in[i], self._whole[i], self._visited[i] = drawn, state == 0, set()
            self.first[i] = True
            for array in (self._score, self._best, self._steps, self._idle):
                array[i] = 0
