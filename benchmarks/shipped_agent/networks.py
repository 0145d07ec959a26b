"""The student's networks: those of a run with `--preset light`, and heads that are not shipped."""

import torch
from torch import Tensor, nn

from windup.eyes import EYES
from windup.game import ACTIONS
from world_model.model import WorldModel
from world_model.spec import preset_spec

PRESET, HIDDEN = "light", 256
"""The world model's sizes, and the units of the policy's two hidden layers."""


class Student(nn.Module):
    """The student's networks.

    Attributes:
        world_model: as in a run.
        pi: policy, float [N, latent + hidden] -> logits [N, actions], as in a run.
        v: value function, float [N, latent + hidden] -> [N, 1], as in a run.
        eyes_of_z, eyes_of_zh: predict what perfect eyes see, from z and from [z, h]; not shipped.
        steps: number of steps played in training, int64.
    """

    steps: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.world_model = WorldModel(preset_spec(PRESET, len(ACTIONS), sees_change=False))
        spec = self.world_model.spec
        self.pi, self.v = _perceptron(spec.features, len(ACTIONS)), _perceptron(spec.features, 1)
        self.eyes_of_z, self.eyes_of_zh = nn.Linear(spec.latent, EYES), nn.Linear(spec.features, EYES)
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))


def _perceptron(inputs: int, outputs: int) -> nn.Sequential:
    layers = [nn.Linear(inputs, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, outputs)]
    return nn.Sequential(*layers)
