"""Networks of another run that a new run begins with."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from actors.games.levels import Level, select_levels
from cluster.config.config import TrainConfig
from cluster.config.errors import UsageError
from cluster.run.agent import TrainedRun, check_sound, find_run
from cluster.run.spec import run_spec
from world_model.spec import WorldModelSpec

if TYPE_CHECKING:
    from world_model.published.weights import Weights


@dataclass(frozen=True)
class Beginning:
    """Networks to begin with.

    Attributes:
        world_model: weights of the world model.
        policy: state of RLlib's module with policy and value function; None: they begin with random weights.
        text: a line that describes them.
    """

    world_model: "Weights"
    policy: Mapping[str, np.ndarray] | None
    text: str


def seeing_as_before(config: TrainConfig) -> TrainConfig:
    """Returns the configuration with what the networks that the run begins with see, unless it sets that itself.

    Raises:
        UsageError: `config.init` is no run.
    """
    if config.init is None:
        return config
    spec = _spec_of(_find(config.init))
    world_model, policy = config.world_model, config.policy
    if world_model.gaze is None:
        world_model = world_model.model_copy(update={"gaze": spec.gaze})
    if policy.sees_change is None and config.init_parts == "both":
        policy = policy.model_copy(update={"sees_change": spec.sees_change})
    return config.model_copy(update={"world_model": world_model, "policy": policy})


def find_beginning(config: TrainConfig, levels: list[Level]) -> TrainedRun | None:
    """Finds the run that `config.init` names, and checks that its networks have the new run's sizes.

    Raises:
        UsageError: it is no run, or its networks have other sizes.
    """
    if config.init is None:
        return None
    run = _find(config.init)
    theirs = _spec_of(run).as_dict()
    for name, value in run_spec(config, levels).as_dict().items():
        # What a policy sees does not matter to one that begins at random.
        if theirs[name] != value and (name != "sees_change" or config.init_parts == "both"):
            raise UsageError(
                f"--init {config.init}: its world model has {name} {theirs[name]}, this run's would have {value};"
                f" its preset is {run.config.preset}"
            )
    if config.init_parts == "both" and run.config.policy.network != config.policy.network:
        raise UsageError(
            f"--init {config.init}: its policy has the network {run.config.policy.network}, not"
            f" {config.policy.network}; change --policy.network, or begin with --init-parts world-model"
        )
    if config.init_parts == "both" and run.config.policy.hidden != config.policy.hidden:
        raise UsageError(
            f"--init {config.init}: its policy has hidden {run.config.policy.hidden}, not {config.policy.hidden};"
            " change --policy.hidden, or begin with --init-parts world-model"
        )
    return run


def read_beginning(config: TrainConfig, levels: list[Level]) -> Beginning | None:
    """Reads the networks of `find_beginning`; None without `config.init`.

    Raises:
        UsageError: as `find_beginning`, or the checkpoint holds no such networks.
    """
    run = find_beginning(config, levels)
    if run is None:
        return None
    # Here, so that bad input is answered before torch is loaded.
    from world_model.state_tree import StateTreeError, load_tree
    from world_model.weights import WeightsError, get_weights, load_model

    folder = run.checkpoint.path
    try:
        world_model = get_weights(load_model(folder / "world_model.safetensors"))
        policy = None
        if config.init_parts == "both":
            check_sound(run.checkpoint)
            (policy,) = load_tree(folder, "state")["parts"]["policy"]["rl_module"].values()
    except (StateTreeError, WeightsError, KeyError, ValueError) as error:
        raise UsageError(f"--init {folder}: it holds no networks of ours: {error}") from error
    which = "world model" if policy is None else "world model and policy"
    return Beginning(world_model, policy, f"begins with the {which} of {folder}")


def _find(init: Path) -> TrainedRun:
    try:
        return find_run(init)
    except UsageError as error:
        raise UsageError(f"--init {init}: {error}") from error


def _spec_of(run: TrainedRun) -> WorldModelSpec:
    return run_spec(run.config, select_levels(run.config.levels))
