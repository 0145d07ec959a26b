"""The student: a world model and a policy on [z, h], trained jointly to do on the screen what the teacher does.

It plays, and the teacher says what it would have done (DAgger: Ross, Gordon and Bagnell, arXiv 1011.0686, algorithm
3.1). What it is trained by is the world model's own loss, the teacher's action probabilities and values, and what
perfect eyes see, which z and [z, h] are asked to tell: so V knows what matters.
"""

import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.shipped_agent.courses import Course
from benchmarks.shipped_agent.lessons import Lesson, Lessons
from benchmarks.shipped_agent.networks import Student
from benchmarks.shipped_agent.smoothed import Smoothed
from benchmarks.shipped_agent.teacher import Say, TeacherNet, summary
from world_model import losses
from world_model.vae import images

_UPDATES = 6
"""After each round of play."""
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
    optimizer = torch.optim.Adam(student.parameters(), _RATE, eps=1e-5)
    lessons = Lessons(student, newest(), courses, seed)
    smooth = Smoothed()
    begin, rounds, updates = time.monotonic(), 0, 0
    while (spent := (time.monotonic() - begin) / seconds) < 1:
        lessons.play(max(_LAST_LED, _LED - spent))
        rounds += 1
        for _ in range(_UPDATES):
            updates += 1
            for group in optimizer.param_groups:
                group["lr"] = _RATE * min(1, updates / _WARM_UP) * max(1 - spent, _LAST_RATE)
            smooth.add(_update(student, optimizer, lessons.draw()))
        if rounds % 25 == 0:
            counts = {"seconds": round(spent * seconds), "steps": int(student.steps), "updates": updates}
            say({**counts, **summary(lessons.games.scores), **smooth.values})
            lessons.games.scores.clear()
            lessons.teacher = newest()
    lessons.games.close()


def _update(student: Student, optimizer: torch.optim.Optimizer, lesson: Lesson) -> dict[str, float]:
    with torch.autocast("cpu", torch.bfloat16):
        parts = _losses(student, lesson)
    loss = torch.stack([_WEIGHTS[name] * part for name, part in parts.items()]).sum()
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(student.parameters(), _GRADIENT_NORM)
    optimizer.step()
    return {name: part.item() for name, part in parts.items()}


def _losses(student: Student, lesson: Lesson) -> dict[str, Tensor]:
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
