"""Training data of a student: the newest sequences that it has played, with its teacher's answers."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from benchmarks.shipped_agent.courses import Course, CourseGames
from benchmarks.shipped_agent.networks import Student
from benchmarks.shipped_agent.teacher import TeacherNet
from windup.eyes import EYES, NAMES
from windup.native.games import SCREEN
from world_model.latents import Latents

GAMES, STEPS = 64, 32
"""Number of games, and steps of a sequence."""
KEPT, BATCH = 3000, 24
"""Number of sequences that are kept, and of those in a lesson."""


@dataclass(frozen=True)
class Lesson:
    """BATCH sequences of STEPS steps, B and T.

    Attributes:
        frames: uint8 [B, T, S, S, 3].
        first: bool [B, T], whether an episode begins.
        actions: int64 [B, T], the actions taken.
        eyes: float [B, T, EYES], what perfect eyes see.
        logits: float [B, T, actions], of the teacher.
        values: float [B, T], of the teacher.
        state: M's state before the first step, twice float [B, hidden].
        places: float [B, T, 2], the player's x and y as fractions of the screen.
    """

    frames: Tensor
    first: Tensor
    actions: Tensor
    eyes: Tensor
    logits: Tensor
    values: Tensor
    state: tuple[Tensor, Tensor]

    @property
    def places(self) -> Tensor:
        return places(*_screen(self.eyes))


class Lessons:
    """Plays with the student, keeps the sequences, and draws lessons from them.

    Attributes:
        teacher: may be changed at any time.
        games: in which the student plays.
    """

    def __init__(self, student: Student, teacher: TeacherNet, courses: list[Course], seed: int) -> None:
        spec = student.world_model.spec
        self.teacher = teacher
        self.games = CourseGames(courses, GAMES, seed, size=spec.observation_size)
        self._student = student
        self._rng = np.random.default_rng(seed)
        self._known = Latents(student.world_model, GAMES)
        self._led = np.zeros(GAMES, bool)
        shape = KEPT, STEPS
        self._frames = np.empty((*shape, spec.observation_size, spec.observation_size, 3), np.uint8)
        self._first, self._actions = np.empty(shape, bool), np.empty(shape, np.int64)
        self._eyes = np.empty((*shape, EYES), np.float16)
        self._states = np.empty((KEPT, 2, spec.hidden), np.float32)
        self._added = 0

    @torch.inference_mode()
    def play(self, led: float) -> None:
        """Plays and keeps STEPS steps of every game.

        Args:
            led: share of the episodes beginning in these steps in which the teacher acts.
        """
        slots = (self._added + np.arange(GAMES)) % KEPT
        self._added += GAMES
        self._states[slots] = torch.stack(self._known.state, 1).numpy()
        for t in range(STEPS):
            begun = self.games.first
            self._led[begun] = self._rng.random(int(begun.sum())) < led
            eyes = self.games.eyes()
            self._frames[slots, t], self._first[slots, t], self._eyes[slots, t] = self.games.frames, begun, eyes
            self._known.begin(torch.from_numpy(begun))
            self._known.see(torch.from_numpy(self.games.frames), places(*_screen(torch.from_numpy(eyes))))
            actions = _drawn(self._student.pi(self._known.features()))
            theirs = _drawn(self.teacher(torch.from_numpy(eyes))[0])
            actions = torch.where(torch.from_numpy(self._led), theirs, actions)
            self._actions[slots, t] = actions.numpy()
            self._known.go(actions)
            self.games.step(actions.numpy())
        self._student.steps += GAMES * STEPS

    @torch.no_grad()
    def draw(self) -> Lesson:
        """Draws a lesson from the kept sequences."""
        rows = self._rng.integers(min(self._added, KEPT), size=BATCH)
        eyes = torch.from_numpy(self._eyes[rows].astype(np.float32))
        logits, values = self.teacher(eyes.flatten(0, 1))
        h, c = torch.from_numpy(self._states[rows]).unbind(1)
        frames, first, actions = (torch.from_numpy(each[rows]) for each in (self._frames, self._first, self._actions))
        return Lesson(frames, first, actions, eyes, logits.view(*first.shape, -1), values.view(first.shape), (h, c))


def _screen(eyes: Tensor) -> list[Tensor]:
    return [eyes[..., NAMES.index(name)] for name in ("screen_x", "screen_y")]


def places(x: Tensor, y: Tensor) -> Tensor:
    """Returns the player's x and y as fractions of the screen, float [..., 2].

    Args:
        x: as perfect eyes tell it, float [...]: from the screen's middle, in halves of its width. And so y.
    """
    height, width, _ = SCREEN
    return torch.stack([(1 + x) / 2, (1 + y * width / height) / 2], -1)


def _drawn(logits: Tensor) -> Tensor:
    return torch.multinomial(logits.softmax(-1), 1)[:, 0]
