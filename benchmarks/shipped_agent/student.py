"""The student: a world model and a policy on [z, h], trained jointly to do on the screen what the teacher does.

The student plays, and the teacher says what it would have done (DAgger: Ross, Gordon and Bagnell, arXiv 1011.0686,
algorithm 3.1). The loss is the sum of the world model's own loss, errors in the teacher's action probabilities and
values, and errors of what perfect eyes see, as predicted from z and from [z, h]: so V learns what matters. V's finder
learns the player's place on the screen from frames in which the player has its own colours.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from actors.rollout.recolouring import Recolouring
from benchmarks.shipped_agent.courses import Course
from benchmarks.shipped_agent.lessons import Lesson, Lessons
from benchmarks.shipped_agent.networks import Student
from benchmarks.shipped_agent.teacher import Say, TeacherNet, summary
from benchmarks.shipped_agent.updates import RATE, train_on
from world_model import losses
from world_model.gaze import recoloured
from world_model.vae import images

_DRAWN, _PREDICTED, _FOUND = 6, 8, 4
"""Numbers of a sequence's frames that V draws, that M predicts, and that the finder learns from, in an update: these
are the costly losses."""
_TINTED = 0.5
"""Share of the sequences with changed colours in training: the validation zone has colours of its own."""
_WARM_UP, _GRADIENT_NORM = 50, 1.0
_LED, _LAST_LED = 0.5, 0.1
"""Share of the episodes in which the teacher acts, at the beginning and at the end."""
_WEIGHTS = {
    "reconstruction": 0.005,
    "kl": 0.0005,
    "mdn": 0.0005,
    "inverse": 0.1,
    "eyes_of_zh": 0.02,
    "eyes_of_z": 0.01,
    "policy": 1.0,
    "value": 0.1,
    "gaze": 0.1,
}


def train_student(
    student: Student, courses: list[Course], newest: Callable[[], TeacherNet], seconds: float, seed: int, say: Say
) -> None:
    """Trains a student.

    Args:
        student: the networks that are trained.
        courses: levels to play.
        newest: returns the teacher, which may go on learning; called at the start and with every report.
        seconds: time of the training.
        seed: of everything that is drawn.
        say: gets a report every 25 rounds of play and updates.
    """
    torch.manual_seed(seed)
    optimizer = torch.optim.Adam(student.parameters(), RATE, eps=1e-5)
    lessons = Lessons(student, newest(), courses, seed)

    def report(losses: dict[str, float]) -> None:
        say({"steps": int(student.steps), **summary(lessons.games.scores), **losses})
        lessons.games.scores.clear()
        lessons.teacher = newest()

    def led(spent: float) -> float:
        return max(_LAST_LED, _LED - spent)

    train_on(
        lessons, optimizer, partial(_losses, student), _WEIGHTS, _GRADIENT_NORM, seconds, report, led, warm_up=_WARM_UP
    )


def _losses(student: Student, lesson: Lesson) -> dict[str, Tensor]:
    """Returns the parts of the loss before weighting: scalars. See `WorldModel.losses` for the first four."""
    model, shape = student.world_model, lesson.first.shape
    frames = _tinted(lesson.frames)
    x = model.vae.look(frames.flatten(0, 1), lesson.places.flatten(0, 1))
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
    found = torch.randint(shape[1], (_FOUND,))
    finder = model.vae.finder
    assert finder is not None
    looked = lesson.places[:, found].flatten(0, 1)
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
        "gaze": finder.loss(recoloured(images(lesson.frames[:, found]), looked), looked),
    }


def _tinted(frames: Tensor) -> Tensor:
    """Returns frames uint8 [B, T, S, S, 3], a share of the sequences in other colours."""
    recolouring = Recolouring(len(frames), _TINTED, int(torch.randint(2**31, ())))
    recolouring.begin(np.ones(len(frames), bool))
    return torch.from_numpy(recolouring(frames.numpy()))


def _squares(predicted: Tensor, seen: Tensor) -> Tensor:
    """Squared error, summed over what is seen, mean over steps: float [B, T, EYES] twice -> scalar."""
    return (predicted.float() - seen).square().sum(-1).mean()
