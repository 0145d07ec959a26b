"""A world model's weights as named arrays, and as a safetensors file."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from world_model.finite import check_finite
from world_model.model import WorldModel
from world_model.published.weights import Weights, in_c_order
from world_model.replaced_file import replacing
from world_model.soundness import is_sound
from world_model.spec import WorldModelSpec


class WeightsError(ValueError):
    """Weights do not fit the model, or a file does not hold them."""


def shapes_of(spec: WorldModelSpec) -> dict[str, tuple[int, ...]]:
    """Returns the shape of each parameter, by name, of the model of a spec."""
    with torch.device("meta"):
        model = WorldModel(spec)
    return {name: tuple(parameter.shape) for name, parameter in model.state_dict().items()}


def get_weights(model: WorldModel) -> Weights:
    """Returns a copy of the model's parameters on the host, float32 in C order."""
    return {name: np.array(p.detach().float().cpu().numpy(), order="C") for name, p in model.state_dict().items()}


def set_weights(model: WorldModel, weights: Weights) -> None:
    """Loads weights into the model in place.

    Raises:
        WeightsError: a name, shape or dtype differs.
    """
    own = model.state_dict()
    if own.keys() != weights.keys():
        raise WeightsError(f"weights differ from the model in {sorted(own.keys() ^ weights.keys())}")
    with torch.no_grad():
        for name, parameter in own.items():
            array = in_c_order(weights[name])
            if tuple(parameter.shape) != array.shape:
                raise WeightsError(f"{name} has shape {array.shape}, the model's is {tuple(parameter.shape)}")
            if array.dtype != np.float32:
                raise WeightsError(f"{name} is of {array.dtype}, not of float32")
            # Arrays from Ray's object store are read-only; copying out of them is what we do.
            parameter.copy_(torch.from_numpy(array) if array.flags.writeable else torch.tensor(array))


def save_weights(path: Path, spec: WorldModelSpec, weights: Weights) -> None:
    """Writes spec and weights to a safetensors file, through a temporary name.

    Raises:
        OSError, SafetensorError: the file cannot be written; an old one is kept.
    """
    arrays = {name: in_c_order(array) for name, array in weights.items()}
    with replacing(path) as beside:
        save_file(arrays, beside, metadata={"spec": json.dumps(spec.as_dict())})


def _without_gone(fields: dict[str, Any]) -> dict[str, Any]:
    """Leaves out a field that there is no longer, unless it was set."""
    return {name: value for name, value in fields.items() if value or name != "sees_grid"}


def load_model(path: Path) -> WorldModel:
    """Loads the model of `save_weights`.

    Raises:
        WeightsError: the file is missing, damaged or not a world model's, its weights do not fit its spec, or the model
            gives numbers that are not finite.
    """
    try:
        with safe_open(path, framework="numpy") as file:
            text = (file.metadata() or {})["spec"]
            spec = WorldModelSpec(**json.loads(text, object_hook=_without_gone))
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dict
        model = WorldModel(spec)
        set_weights(model, weights)
        check_finite(weights)
    # A RuntimeError is what torch makes of sizes that no layer can have.
    except (OSError, SafetensorError, KeyError, ValueError, TypeError, RuntimeError) as error:
        raise WeightsError(f"{path} holds no world model: {error}") from error
    if not is_sound(model):
        raise WeightsError(f"{path} holds a world model that gives numbers that are not finite: it had diverged")
    return model
