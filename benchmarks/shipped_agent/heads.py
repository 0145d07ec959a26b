"""V's decoder, M's output and the inverse model, trained once more while all that the policy needs is frozen.

While the student learns, few frames are drawn, and M's loss weighs little. Here pixels that move count more: the
player, and what hurts it, are small.
"""

from functools import partial

import torch
from torch import nn

from benchmarks.shipped_agent.courses import Course
from benchmarks.shipped_agent.lessons import Lesson, Lessons
from benchmarks.shipped_agent.networks import Student
from benchmarks.shipped_agent.teacher import Say, TeacherNet
from benchmarks.shipped_agent.updates import RATE, train_on
from world_model import losses

_DRAWN = 8
"""Number of pairs of successive frames in a sequence of which V draws the later one in an update."""
_MOVING_WEIGHT = 10.0
_GRADIENT_NORM = 10.0
_WEIGHTS = {"reconstruction": 0.01, "mdn": 0.01, "inverse": 1.0}


def train_heads(
    student: Student, courses: list[Course], teacher: TeacherNet, seconds: float, seed: int, say: Say
) -> None:
    """Arguments as for `train_student`."""
    torch.manual_seed(seed)
    model = student.world_model
    heads = nn.ModuleList([*_decoder(student), model.forward_model.output, model.inverse_model])
    optimizer = torch.optim.Adam(heads.parameters(), RATE)

    def report(losses: dict[str, float]) -> None:
        say({"steps": int(student.steps), **losses})

    lessons = Lessons(student, teacher, courses, seed)
    train_on(lessons, optimizer, partial(_losses, student), _WEIGHTS, _GRADIENT_NORM, seconds, report, lambda _: 0.0)


def _decoder(student: Student) -> list[nn.Module]:
    """Returns the parts of V's decoder."""
    return [
        part
        for name, part in student.world_model.vae.named_children()
        if name not in ("encoder", "posterior", "finder")
    ]


def _losses(student: Student, lesson: Lesson) -> dict[str, torch.Tensor]:
    model, shape = student.world_model, lesson.first.shape
    x = model.vae.look(lesson.frames.flatten(0, 1), lesson.places.flatten(0, 1))
    with torch.no_grad():
        z = model.vae.encode(x)[0].unflatten(0, shape)
        after = model.forward_model.unroll(z, lesson.actions, lesson.first, lesson.state)
    later = torch.randint(1, shape[1], (_DRAWN,))
    x = x.unflatten(0, shape)
    pairs = torch.stack([x[:, later - 1], x[:, later]], 2).flatten(0, 1)
    first = torch.stack([lesson.first[:, later], lesson.first[:, later]], 2).flatten(0, 1)
    weights = 1 + _MOVING_WEIGHT * losses.moving_pixels(pairs, first)[:, 1]
    pictures = model.vae.decode(z[:, later].flatten(0, 1))
    mdn = losses.mdn_loss(model.forward_model.predict(after[:, later - 1]), z[:, later])
    inverse = losses.inverse_loss(model.inverse_model(z[:, :-1], z[:, 1:]), lesson.actions[:, :-1])
    going = ~lesson.first
    return {
        "reconstruction": losses.reconstruction_loss(pictures, pairs[:, 1], weights).mean(),
        "mdn": losses.masked_mean(mdn, going[:, later]),
        "inverse": losses.masked_mean(inverse, going[:, 1:]),
    }
