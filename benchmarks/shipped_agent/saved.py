"""Saves a student in the form of a run, as `cluster.run.ship` does for runs."""

from pathlib import Path

import numpy as np
import yaml
from torch import nn

from benchmarks.shipped_agent.networks import HIDDEN, PRESET, Student
from cluster.config.config import TrainConfig
from cluster.run.agent import PRETRAINED
from cluster.run.checkpoints import Checkpoints
from world_model.state_tree import save_tree
from world_model.weights import get_weights, save_weights


def save_agent(student: Student, out: Path) -> Path:
    """Writes configuration and networks into a folder; returns the checkpoint's folder."""
    (out / "checkpoints").mkdir(parents=True, exist_ok=True)
    config = TrainConfig.model_validate(
        {
            "name": PRETRAINED,
            "runs_dir": ".",
            "steps": int(student.steps),
            "preset": PRESET,
            "levels": "windup-train",
            "curiosity": "first_visits",
            "emulator": {"kind": "native"},
            "policy": {"hidden": [HIDDEN, HIDDEN], "sees_change": False},
        }
    )
    (out / "config.yaml").write_text(yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False))
    module = {**_layers("actor", "pi", student.pi), **_layers("critic", "vf", student.v)}
    networks = {"parts": {"policy": {"rl_module": {"default_policy": module}}}}
    summary = {"steps_total": int(student.steps), "networks_only": True}
    with Checkpoints(out / "checkpoints", keep=1).writing(0, summary) as made:
        save_tree(made, "state", networks)
        model = student.world_model
        save_weights(made / "world_model.safetensors", model.spec, get_weights(model))
    return next((out / "checkpoints").iterdir())


def _layers(encoder: str, head: str, net: nn.Sequential) -> dict[str, np.ndarray]:
    """Returns a perceptron's weights by the names of RLlib's module."""
    *hidden, last = (layer for layer in net if isinstance(layer, nn.Linear))
    named = {f"encoder.{encoder}_encoder.net.mlp.{2 * number}": layer for number, layer in enumerate(hidden)}
    named[f"{head}.net.mlp.0"] = last
    arrays = {f"{name}.{part}": getattr(layer, part) for name, layer in named.items() for part in ("weight", "bias")}
    module = {name: array.detach().numpy() for name, array in arrays.items()}
    # RLlib's heads have it; it is not used for discrete actions.
    return module | {f"{head}.log_std_clip_param_const": np.array([20.0], np.float32)}
