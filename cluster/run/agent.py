"""Loads the agent of a run from one of its checkpoints."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cluster.config.arguments import CONFIG_FILE, read_config
from cluster.config.config import TrainConfig
from cluster.config.errors import UsageError
from cluster.run.checkpoints import Checkpoint, newest_intact, verified

if TYPE_CHECKING:
    # Here, so that bad input is answered before torch is loaded, which takes seconds.
    from torch import nn

    from actors.agents.trained import Mind, TrainedAgent
    from world_model.model import WorldModel


@dataclass(frozen=True)
class TrainedRun:
    """A checkpoint and the configuration of its run."""

    config: TrainConfig
    checkpoint: Checkpoint
    warnings: list[str]
    """Why newer checkpoints are not used."""


_WORLD_MODEL = "world_model.safetensors"
PRETRAINED = "pretrained"
"""The word that names the shipped agent in place of a run's folder."""


def find_run(path: Path) -> TrainedRun:
    """Finds the newest intact checkpoint in a run's folder; the path may also be that of a checkpoint, or PRETRAINED.

    Nothing is written: the run may be training meanwhile.

    Raises:
        UsageError: the path is none of these, or no checkpoint is intact.
    """
    if str(path) == PRETRAINED and not path.exists():
        path = Path(__file__).resolve().parents[2] / PRETRAINED
    if (path / "manifest.json").is_file():
        try:
            return TrainedRun(
                read_config(path.absolute().parents[1] / "config.yaml", of_a_run=True), verified(path), []
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(f"RUN {path}: the checkpoint is damaged: {error}") from error
    if not (path / "config.yaml").is_file():
        raise UsageError(f"RUN {path} is not the folder of a run: it has no config.yaml")
    config = read_config(path / "config.yaml", of_a_run=True)
    checkpoint, warnings = newest_intact(path / "checkpoints")
    if checkpoint is None:
        why = f"no checkpoint is intact: {'; '.join(warnings)}" if warnings else "it has no checkpoint yet"
        raise UsageError(f"RUN {path}: {why}")
    return TrainedRun(config, checkpoint, warnings)


def load_visits(run: TrainedRun) -> dict[str, dict[tuple[int, int], int]]:
    """Returns the number of steps that ended in each cell, by the level's name; see `actors.rollout.tally`.

    Raises:
        UsageError: the checkpoint does not have them.
    """
    from world_model.state_tree import StateTreeError, load_tree

    try:
        levels = load_tree(run.checkpoint.path, "state")["totals"]["levels"]
        return {name: {(x, y): steps for x, y, steps in level["visits"].tolist()} for name, level in levels.items()}
    except (StateTreeError, KeyError, ValueError) as error:
        raise UsageError(f"RUN {run.checkpoint.path}: it does not say where the agent has been: {error}") from error


def load_agent(run: TrainedRun) -> "TrainedAgent":
    """Loads the agent.

    Raises:
        UsageError: the checkpoint holds no policy and world model of this software.
    """
    return load_mind(run).agent


def load_mind(run: TrainedRun) -> "Mind":
    """Loads the agent with its value function and its run's settings of rewards.

    Raises:
        UsageError: the checkpoint holds no policy and world model of this software.
    """
    # Here, so that bad input is answered before torch is loaded, which takes seconds.
    from actors.agents.trained import Mind, TrainedAgent

    try:
        model, policy, value = _networks(run.checkpoint.path, _parts(run.checkpoint.path))
        agent, value = TrainedAgent(model, policy), value.requires_grad_(False).eval()
        return Mind(agent, value, run.config.curiosity, run.config.reward)
    except (KeyError, ValueError) as error:
        raise UsageError(f"RUN {run.checkpoint.path}: it holds no agent: {error}") from error


def check_sound(checkpoint: Checkpoint) -> None:
    """Checks that a checkpoint's networks can be used.

    Raises:
        KeyError, ValueError: the networks are not of this software, or they or the state have numbers that are not
            finite.
    """
    if not (checkpoint.path / _WORLD_MODEL).exists():
        return
    from world_model.state_tree import not_finite

    parts = _parts(checkpoint.path)
    if at := not_finite(parts):
        raise ValueError(f"{at} has numbers that are not finite")
    _networks(checkpoint.path, parts)


def _parts(folder: Path) -> dict[str, Any]:
    from world_model.state_tree import load_tree

    parts: dict[str, Any] = load_tree(folder, "state")["parts"]
    return parts


def _networks(folder: Path, parts: dict[str, Any]) -> "tuple[WorldModel, nn.Module, nn.Module]":
    """Returns the world model, and the networks of policy and value.

    Raises:
        KeyError, ValueError: they are not of this software, or give numbers that are not finite.
    """
    import torch

    from learners.policy_weights import policy_network, value_network
    from world_model.weights import load_model

    (module,) = parts["policy"]["rl_module"].values()
    model = load_model(folder / _WORLD_MODEL)
    own = read_config(folder.absolute().parents[1] / CONFIG_FILE, of_a_run=True).policy.network
    if own:
        # Here, because RLlib takes seconds to load.
        from learners.own_network import own_networks

        policy, value = own_networks(own, module, model.spec.observation, model.spec.actions)
    else:
        policy, value = policy_network(module), value_network(module)
    seen = torch.ones(1, model.spec.observation)
    with torch.no_grad():
        if not (policy(seen).isfinite().all() and value(seen).isfinite().all()):
            raise ValueError("its policy gives numbers that are not finite: it had diverged")
    return model, policy, value
