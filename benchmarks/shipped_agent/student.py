"""The student: a world model and a policy on [z, h], trained jointly to do on the screen what the teacher does.

It plays, and the teacher says what it would have done (DAgger: Ross, Gordon and Bagnell, arXiv 1011.0686, algorithm
3.1). What it is trained by is the world model's own loss, the teacher's action probabilities and values, and what
perfect eyes see, which z and [z, h] are asked to tell: so V draws and knows what matters.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.shipped_agent.courses import Course, CourseGames
from benchmarks.shipped_agent.teacher import Say, TeacherNet, summary
from windup.eyes import EYES
from windup.game import ACTIONS
from world_model import losses
from world_model.model import WorldModel
from world_model.spec import preset_spec
from world_model.vae import images

PRESET, HIDDEN = "light", 256
"""The world model's sizes, and the units of the policy's two hidden layers: those of `train --preset light`."""

_GAMES, _STEPS = 64, 32
"""Games that play, and the steps of a sequence."""
_KEPT, _BATCH, _UPDATES = 3000, 24, 6
"""Sequences that are kept, sequences in a batch, and updates after each _GAMES sequences."""
_DRAWN, _PREDICTED = 6, 8
"""Frames of a sequence that V draws, and that M predicts, in an update: the rest of the loss costs less."""
_TINTED = 0.5
"""The share of the sequences that are learned from in other colours: the zone that is only validated on has its own."""
_RATE, _LAST_RATE, _WARM_UP, _GRADIENT_NORM = 1e-3, 0.03, 50, 1.0
_LED, _LAST_LED = 0.5, 0.1
"""The share of the episodes in which the teacher acts, at the beginning and at the end."""
_WEIGHTS = {
    "reconstruction": 0.005,
    "kl": 0.0005,
    "mdn": 0.0005,
    "inverse": 0.1,
    "eyes_of_zh": 0.02,
    "eyes_of_z": 0.01,
    "policy": 1.0,
    "value": 0.1,
}
_SMOOTHING = 0.98


class Student(nn.Module):
    """
    Attributes:
        world_model: as in a run.
        pi, v: float [N, latent + hidden] -> logits [N, actions] and value [N, 1], as in a run.
        eyes_of_z, eyes_of_zh: heads that are not shipped.
        steps: that were played to train it, int64.
    """

    steps: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.world_model = WorldModel(preset_spec(PRESET, len(ACTIONS)))
        spec = self.world_model.spec
        self.pi, self.v = _perceptron(spec.features, len(ACTIONS)), _perceptron(spec.features, 1)
        self.eyes_of_z, self.eyes_of_zh = nn.Linear(spec.latent, EYES), nn.Linear(spec.features, EYES)
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))


def _perceptron(inputs: int, outputs: int) -> nn.Sequential:
    layers = [nn.Linear(inputs, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, outputs)]
    return nn.Sequential(*layers)


@dataclass(frozen=True)
class _Lesson:
    """B sequences of T steps: frames uint8 [B, T, S, S, 3], first bool [B, T], actions int64 [B, T], what perfect eyes
    see [B, T, EYES], the teacher's logits [B, T, actions] and values [B, T], and M's state before: twice [B, hidden].
    """

    frames: Tensor
    first: Tensor
    actions: Tensor
    eyes: Tensor
    logits: Tensor
    values: Tensor
    state: tuple[Tensor, Tensor]


class _Kept:
    """The newest _KEPT sequences."""

    def __init__(self, size: int, hidden: int) -> None:
        shape = _KEPT, _STEPS
        self.frames = np.empty((*shape, size, size, 3), np.uint8)
        self.first, self.actions = np.empty(shape, bool), np.empty(shape, np.int64)
        self.eyes = np.empty((*shape, EYES), np.float16)
        self.states = np.empty((_KEPT, 2, hidden), np.float32)
        self._added = 0

    def slots(self) -> np.ndarray:
        """Where the next _GAMES go: int [_GAMES]."""
        slots = (self._added + np.arange(_GAMES)) % _KEPT
        self._added += _GAMES
        return slots

    @torch.no_grad()
    def lesson(self, teacher: TeacherNet, rng: np.random.Generator) -> _Lesson:
        rows = rng.integers(min(self._added, _KEPT), size=_BATCH)
        eyes = torch.from_numpy(self.eyes[rows].astype(np.float32))
        logits, values = teacher(eyes.flatten(0, 1))
        h, c = torch.from_numpy(self.states[rows]).unbind(1)
        frames, first, actions = (torch.from_numpy(each[rows]) for each in (self.frames, self.first, self.actions))
        return _Lesson(frames, first, actions, eyes, logits.view(*first.shape, -1), values.view(first.shape), (h, c))


def train_student(
    student: Student, courses: list[Course], newest: Callable[[], TeacherNet], seconds: float, seed: int, say: Say
) -> None:
    """
    Args:
        student: is trained.
        newest: gives the teacher, which may learn on meanwhile; asked every 25th round of play and updates.
        seconds: the learning rate falls to its end over this time.
        say: told as often.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    teacher = newest()
    spec = student.world_model.spec
    optimizer = torch.optim.Adam(student.parameters(), _RATE, eps=1e-5)
    games = CourseGames(courses, _GAMES, seed, size=spec.observation_size)
    kept = _Kept(spec.observation_size, spec.hidden)
    state = student.world_model.forward_model.initial_state(_GAMES)
    led = rng.random(_GAMES) < _LED
    smooth: dict[str, float] = {}
    begin, rounds, updates = time.monotonic(), 0, 0
    while (spent := (time.monotonic() - begin) / seconds) < 1:
        state = _play(student, teacher, games, kept, state, led, rng, max(_LAST_LED, _LED - spent))
        rounds += 1
        student.steps += _GAMES * _STEPS
        for _ in range(_UPDATES):
            updates += 1
            for group in optimizer.param_groups:
                group["lr"] = _RATE * min(1, updates / _WARM_UP) * max(1 - spent, _LAST_RATE)
            parts = _update(student, optimizer, kept.lesson(teacher, rng))
            smooth = {
                name: _SMOOTHING * smooth.get(name, part) + (1 - _SMOOTHING) * part for name, part in parts.items()
            }
        if rounds % 25 == 0:
            told = {name: round(value, 3) for name, value in smooth.items()}
            steps = rounds * _GAMES * _STEPS
            say(
                {"seconds": round(spent * seconds), "steps": steps, "updates": updates, **summary(games.scores), **told}
            )
            games.scores.clear()
            teacher = newest()
    games.close()


@torch.inference_mode()
def _play(
    student: Student,
    teacher: TeacherNet,
    games: CourseGames,
    kept: _Kept,
    state: tuple[Tensor, Tensor],
    led: np.ndarray,
    rng: np.random.Generator,
    share: float,
) -> tuple[Tensor, Tensor]:
    """Plays and keeps a sequence of each game; M's state then.

    Args:
        led: bool [_GAMES], the episodes in which the teacher acts; a `share` of those that begin, which is written.
    """
    model, slots = student.world_model, kept.slots()
    kept.states[slots] = torch.stack(state, 1).numpy()
    for t in range(_STEPS):
        eyes = games.eyes()
        kept.frames[slots, t], kept.first[slots, t], kept.eyes[slots, t] = games.frames, games.first, eyes
        going = torch.from_numpy(~games.first)[:, None].float()
        h, c = state[0] * going, state[1] * going
        z, _ = model.vae.encode(images(torch.from_numpy(games.frames)))
        actions = _drawn(student.pi(torch.cat([z, h], -1)))
        actions = torch.where(torch.from_numpy(led), _drawn(teacher(torch.from_numpy(eyes))[0]), actions)
        kept.actions[slots, t] = actions.numpy()
        state = model.forward_model.step(z, actions, (h, c))
        games.step(actions.numpy())
        begun = games.first
        led[begun] = rng.random(int(begun.sum())) < share
    return state


def _drawn(logits: Tensor) -> Tensor:
    return torch.multinomial(logits.softmax(-1), 1)[:, 0]


def _update(student: Student, optimizer: torch.optim.Optimizer, lesson: _Lesson) -> dict[str, float]:
    with torch.autocast("cpu", torch.bfloat16):
        parts = _losses(student, lesson)
    loss = torch.stack([_WEIGHTS[name] * part for name, part in parts.items()]).sum()
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(student.parameters(), _GRADIENT_NORM)
    optimizer.step()
    return {name: part.item() for name, part in parts.items()}


def _losses(student: Student, lesson: _Lesson) -> dict[str, Tensor]:
    """The parts of the loss before their weights: scalars. See `WorldModel.losses` for the first four."""
    model, shape = student.world_model, lesson.first.shape
    x = images(_tinted(lesson.frames))
    mean, logvar = (field.unflatten(0, shape) for field in model.vae.encode(x))
    z = model.vae.sample(mean, logvar)
    after = model.forward_model.unroll(z, lesson.actions, lesson.first, lesson.state)
    going = ~lesson.first
    before = torch.cat([lesson.state[0][:, None], after[:, :-1]], 1) * going[..., None]
    features = torch.cat([mean, before], -1)

    drawn = torch.randint(shape[1], (_DRAWN,))
    pictures = model.vae.decode(z[:, drawn].flatten(0, 1))
    known = torch.randint(shape[1] - 1, (_PREDICTED,))
    mdn = losses.mdn_loss(model.forward_model.predict(after[:, known]), z[:, known + 1].detach())
    inverse = losses.inverse_loss(model.inverse_model(z[:, :-1], z[:, 1:]), lesson.actions[:, :-1])
    chosen, wanted = (each.log_softmax(-1) for each in (student.pi(features).float(), lesson.logits))
    return {
        "reconstruction": losses.reconstruction_loss(pictures, x.unflatten(0, shape)[:, drawn].flatten(0, 1)).mean(),
        "kl": losses.kl_loss(mean, logvar).mean(),
        "mdn": losses.masked_mean(mdn, going[:, known + 1]),
        "inverse": losses.masked_mean(inverse, going[:, 1:]),
        "eyes_of_zh": _squares(student.eyes_of_zh(features), lesson.eyes),
        "eyes_of_z": _squares(student.eyes_of_z(mean), lesson.eyes),
        "policy": (wanted.exp() * (wanted - chosen)).sum(-1).mean(),
        "value": F.mse_loss(student.v(features)[..., 0].float(), lesson.values),
    }


def _tinted(frames: Tensor) -> Tensor:
    """Frames uint8 [B, T, S, S, 3], a share of the sequences with mixed channels, and brighter or darker."""
    sequences = len(frames)
    mixed = torch.eye(3)[torch.stack([torch.randperm(3) for _ in range(sequences)])]
    mixed = mixed + 0.5 * torch.rand(sequences, 3, 3)
    mixed = mixed / mixed.sum(-1, keepdim=True)
    gain = torch.empty(sequences, 1, 3).uniform_(0.3, 1.3)
    bias = torch.empty(sequences, 1, 3).uniform_(-25, 25)
    which = (torch.rand(sequences) < _TINTED).nonzero()[:, 0]
    pixels = frames[which].flatten(1, 3).float() @ mixed[which].mT
    tinted = (pixels * gain[which] + bias[which]).clamp(0, 255).byte()
    frames = frames.clone()
    frames[which] = tinted.view_as(frames[which])
    return frames


def _squares(told: Tensor, seen: Tensor) -> Tensor:
    """Sum over what is seen, mean over moments."""
    return (told.float() - seen).square().sum(-1).mean()
