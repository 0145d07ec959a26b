"""The teacher: proximal policy optimisation (arXiv 1707.06347) on what perfect eyes see of the native game."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from benchmarks.shipped_agent.courses import Course, CourseGames, Score, finished_share
from windup.eyes import EYES
from windup.game import ACTIONS
from world_model.precision import autocast

Say = Callable[[dict[str, Any]], None]

_GAMES, _HORIZON, _MINIBATCH, _EPOCHS = 128, 128, 2048, 4
_RATE, _LAST_RATE = 3e-4, 0.05
"""Adam's learning rate, and the share of it that is left at the end."""
_ENTROPY, _LAST_ENTROPY = 0.01, 0.002
_DISCOUNT, _GAE, _CLIP, _GRADIENT_NORM = 0.99, 0.95, 0.2, 0.5
VALUE_SCALE = 5.0
"""Unit of the network's values: returns reach 30."""


class TeacherNet(nn.Module):
    """The teacher's network: float32 [N, EYES] -> logits [N, actions], values [N] in units of VALUE_SCALE."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(EYES, 512)
        last = nn.Linear(256, len(ACTIONS))
        self.pi = nn.Sequential(nn.Linear(512, 256), nn.ReLU(), last)
        self.v = nn.Sequential(nn.Linear(512, 256), nn.ReLU(), nn.Linear(256, 1))
        nn.init.orthogonal_(last.weight, 0.01)

    def forward(self, seen: Tensor) -> tuple[Tensor, Tensor]:
        with autocast("cpu"):
            features = torch.relu(self.first(seen))
            logits, value = self.pi(features), self.v(features)
        return logits.float(), value.float().squeeze(-1)


@dataclass(frozen=True)
class _Batch:
    """T played steps of N games, flattened to float32 or int64 [T x N] (seen: [T x N, EYES])."""

    seen: Tensor
    actions: Tensor
    log_chances: Tensor
    advantages: Tensor
    returns: Tensor


def train_teacher(net: TeacherNet, courses: list[Course], steps: int, seed: int, say: Say) -> None:
    """Trains a teacher.

    Args:
        net: the network that is trained.
        courses: levels to play.
        steps: number of steps to play.
        seed: of everything that is drawn.
        say: gets a report of every tenth batch.
    """
    torch.manual_seed(seed)
    optimizer = torch.optim.Adam(net.parameters(), _RATE, eps=1e-5)
    games = CourseGames(courses, _GAMES, seed)
    seen, done, batches, begin = games.eyes(), 0, 0, time.monotonic()
    while done < steps:
        left = 1 - done / steps
        for group in optimizer.param_groups:
            group["lr"] = _RATE * max(left, _LAST_RATE)
        batch, seen = _play(net, games, seen)
        entropy = _learn(net, optimizer, batch, _LAST_ENTROPY + (_ENTROPY - _LAST_ENTROPY) * left)
        done += _GAMES * _HORIZON
        batches += 1
        if batches % 10 == 0:
            say(
                {"steps": done, "seconds": round(time.monotonic() - begin), "entropy": entropy, **summary(games.scores)}
            )
            games.scores.clear()
    games.close()


def summary(scores: list[Score]) -> dict[str, float]:
    """Returns mean score and share of finished episodes, of the generated levels and of the others."""
    means: dict[str, float] = {}
    for kind, wanted in (("levels", False), ("generated", True)):
        chosen = [each.score for each in scores if each.level.startswith("Generated") == wanted]
        if chosen:
            means[f"{kind}_score"] = round(float(np.mean(chosen)))
            means[f"{kind}_finished"] = round(finished_share(chosen), 3)
    return means


@torch.inference_mode()
def _play(net: TeacherNet, games: CourseGames, seen: npt.NDArray[np.float32]) -> tuple[_Batch, npt.NDArray[np.float32]]:
    """Plays _HORIZON steps; returns the batch, and what is seen after the last step."""
    shape = (_HORIZON, _GAMES)
    all_seen = np.empty((*shape, EYES), np.float32)
    actions, dones = np.empty(shape, np.int64), np.empty(shape, bool)
    log_chances, rewards = np.empty(shape, np.float32), np.empty(shape, np.float32)
    # after: the value after each step: for truncated episodes that of their last moment, for ended ones 0.
    values, after = np.empty(shape, np.float32), np.zeros(shape, np.float32)
    for t in range(_HORIZON):
        all_seen[t] = seen
        logits, value = net(torch.from_numpy(seen))
        logs = logits.log_softmax(-1)
        drawn = torch.multinomial(logs.exp(), 1)
        actions[t], log_chances[t] = drawn[:, 0].numpy(), logs.gather(-1, drawn)[:, 0].numpy()
        values[t] = value.numpy() * VALUE_SCALE
        if t:
            after[t - 1][~dones[t - 1]] = values[t][~dones[t - 1]]
        moved = games.step(actions[t])
        rewards[t], dones[t] = moved.rewards, moved.terminated | moved.truncated
        if moved.last is not None:
            cut = moved.truncated
            after[t, cut] = net(torch.from_numpy(moved.last[cut]))[1].numpy() * VALUE_SCALE
        seen = games.eyes()
    going = ~dones[-1]
    after[-1][going] = net(torch.from_numpy(seen))[1].numpy()[going] * VALUE_SCALE
    advantages, sum_ = np.empty(shape, np.float32), np.zeros(_GAMES, np.float32)
    for t in reversed(range(_HORIZON)):
        errors = rewards[t] + _DISCOUNT * after[t] - values[t]
        sum_ = errors + _DISCOUNT * _GAE * ~dones[t] * sum_
        advantages[t] = sum_
    flat = (torch.from_numpy(array.reshape(-1)) for array in (actions, log_chances, advantages, advantages + values))
    return _Batch(torch.from_numpy(all_seen.reshape(-1, EYES)), *flat), seen


def _learn(net: TeacherNet, optimizer: torch.optim.Optimizer, batch: _Batch, entropy_weight: float) -> float:
    """Learns from a batch; returns the mean entropy of the last minibatch."""
    entropy = torch.zeros(())
    for _ in range(_EPOCHS):
        for rows in torch.randperm(len(batch.actions)).split(_MINIBATCH):
            logits, value = net(batch.seen[rows])
            logs = logits.log_softmax(-1)
            chance = logs.gather(-1, batch.actions[rows, None])[:, 0]
            ratio = (chance - batch.log_chances[rows]).exp()
            gain = batch.advantages[rows]
            gain = (gain - gain.mean()) / (gain.std() + 1e-8)
            won = torch.minimum(ratio * gain, ratio.clamp(1 - _CLIP, 1 + _CLIP) * gain).mean()
            wrong = (value - batch.returns[rows] / VALUE_SCALE).square().mean()
            entropy = -(logs.exp() * logs).sum(-1).mean()
            optimizer.zero_grad()
            (0.5 * wrong - won - entropy_weight * entropy).backward()
            nn.utils.clip_grad_norm_(net.parameters(), _GRADIENT_NORM)
            optimizer.step()
    return round(entropy.item(), 3)
