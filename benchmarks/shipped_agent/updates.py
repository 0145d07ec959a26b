"""Rounds of play and updates on lessons, for a given time."""

import time
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from benchmarks.shipped_agent.lessons import Lesson, Lessons
from benchmarks.shipped_agent.smoothed import Smoothed
from benchmarks.shipped_agent.teacher import Say
from world_model.precision import autocast

_UPDATES = 6
"""Updates after each round of play."""
_ROUNDS = 25
"""Rounds between two reports."""
RATE, _LAST_RATE = 1e-3, 0.03
"""Adam's learning rate at the beginning, and the share of it at the end."""


def train_on(
    lessons: Lessons,
    optimizer: torch.optim.Optimizer,
    losses: Callable[[Lesson], Mapping[str, Tensor]],
    weights: Mapping[str, float],
    gradient_norm: float,
    seconds: float,
    say: Say,
    led: Callable[[float], float],
    warm_up: int = 1,
) -> None:
    """Plays and updates in turn, then closes the lessons' games.

    Args:
        losses: parts of the loss by name, scalars.
        weights: weight of each part in the loss that is minimised, by name.
        gradient_norm: norm above which gradients are clipped.
        seconds: time of the training, over which the learning rate falls.
        say: gets seconds, updates and smoothed losses every 25 rounds.
        led: returns the share of episodes in which the teacher acts, for the spent share of the time.
        warm_up: number of updates over which the learning rate rises.
    """
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    smooth = Smoothed()
    begin, rounds, updates = time.monotonic(), 0, 0
    while (spent := (time.monotonic() - begin) / seconds) < 1:
        lessons.play(led(spent))
        rounds += 1
        for _ in range(_UPDATES):
            updates += 1
            for group in optimizer.param_groups:
                group["lr"] = RATE * min(1, updates / warm_up) * max(1 - spent, _LAST_RATE)
            with autocast("cpu"):
                parts = losses(lessons.draw())
            optimizer.zero_grad()
            torch.stack([weights[name] * part for name, part in parts.items()]).sum().backward()
            nn.utils.clip_grad_norm_(parameters, gradient_norm)
            optimizer.step()
            smooth.add({name: part.item() for name, part in parts.items()})
        if rounds % _ROUNDS == 0:
            say({"seconds": round(spent * seconds), "updates": updates, **smooth.values})
    lessons.games.close()
