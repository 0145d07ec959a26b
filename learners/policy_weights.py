"""The policy's networks from a checkpoint, without RLlib."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import torch
from torch import nn

_POLICY = "encoder.actor_encoder.net.mlp.", "pi.net.mlp.0."
_VALUE = "encoder.critic_encoder.net.mlp.", "vf.net.mlp.0."


def policy_network(module: Mapping[str, np.ndarray]) -> nn.Sequential:
    """Makes the network of the actions' logits: float [N, observation] -> [N, actions].

    Args:
        module: state of the RLModule of `policy_config`: a perceptron with tanh.

    Raises:
        KeyError, ValueError: the state belongs to another module.
    """
    return _perceptron(module, *_POLICY)


def value_network(module: Mapping[str, np.ndarray]) -> nn.Sequential:
    """Makes the network of the value: float [N, observation] -> [N, 1]. See `policy_network`."""
    return _perceptron(module, *_VALUE)


def _perceptron(module: Mapping[str, np.ndarray], hidden: str, output: str) -> nn.Sequential:
    numbers = sorted(int(name.split(".")[-2]) for name in module if name.startswith(hidden) and name.endswith("weight"))
    prefixes = [*(f"{hidden}{number}." for number in numbers), output]
    weights = [np.asarray(module[f"{prefix}weight"]) for prefix in prefixes]
    biases = [np.asarray(module[f"{prefix}bias"]) for prefix in prefixes]
    for before, after in pairwise(weights):
        if before.shape[0] != after.shape[1]:
            raise ValueError(f"layers of shapes {before.shape} and {after.shape} do not follow each other")
    layers: list[nn.Module] = []
    for weight, bias in zip(weights, biases, strict=True):
        layer = nn.Linear(weight.shape[1], weight.shape[0])
        with torch.no_grad():
            layer.weight.copy_(torch.tensor(weight))
            layer.bias.copy_(torch.tensor(bias))
        layers += [layer, nn.Tanh()]
    return nn.Sequential(*layers[:-1])
