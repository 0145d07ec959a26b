"""The interface of a run's parts for the trainer: `serial_parts` has them in one process, `ray_parts` on Ray."""

from types import TracebackType
from typing import Any, Protocol, Self

import torch
from ray.rllib.core import DEFAULT_MODULE_ID

from learners.iteration import Iteration
from learners.world_model_learner import module_weights
from world_model.published.weights import Weights
from world_model.spec import WorldModelSpec

State = dict[str, Any]
"""The state of the parts for a resume, as a tree of arrays and scalars."""


class Parts(Protocol):
    """Parameter server, world-model learner and policy with its rollout actors. A context: on leaving it they end.

    Attributes:
        spec: the sizes of the world model.
    """

    spec: WorldModelSpec

    @property
    def diverged(self) -> str | None:
        """Why training cannot go on; None if it can."""

    def iterate(self) -> Iteration:
        """Runs one training iteration of the policy.

        Raises:
            RuntimeError: a part failed by a bug, which going on would hide.
        """

    def draw_levels_by(self, probabilities: dict[Any, float]) -> None:
        """Sets the probabilities by which actors draw levels, without waiting for the actors."""

    def begin_policy_anew(self) -> None:
        """Sets the policy's networks to random ones, and resets its optimiser."""

    def get_metrics(self) -> dict[str, Any]:
        """Returns the metrics of world-model learner and parameter server, without those of faults."""

    def metrics_addresses(self) -> list[str]:
        """Returns HOST:PORTs with the actors' metrics, if Ray is the run's own; a cluster's Ray exports them itself."""

    def get_state(self, steps: int) -> State:
        """Returns the state of all parts.

        Args:
            steps: number of steps of the run so far.
        """

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class _Keeping(Protocol):
    """Interface of a part whose state is in checkpoints."""

    def get_state(self) -> State: ...


class _Policy(_Keeping, Protocol):
    def set_state(self, state: State) -> None: ...


def parts_state(learner: _Keeping, policy: _Keeping, actors: dict[int, State], steps: int) -> State:
    """Returns the result of `Parts.get_state`.

    Args:
        actors: the last reported state of each actor, by index.
        steps: number of steps of the run so far.
    """
    return {
        "world_model": learner.get_state(),
        "policy": policy.get_state(),
        "actors": actors,
        "steps": steps,
        "torch_random": torch.get_rng_state().numpy(),
    }


def begin_policy(policy: _Policy, state: State | None, networks: Any | None) -> None:
    """Restores the policy from the parts' state, or sets another run's networks, or leaves random ones.

    Args:
        state: of the parts.
        networks: state of RLlib's module.
    """
    if state is not None:
        policy.set_state(state["policy"])
        torch.set_rng_state(torch.from_numpy(state["torch_random"]))
    elif networks is not None:
        policy.set_state({**policy.get_state(), "rl_module": {DEFAULT_MODULE_ID: networks}})


def world_model_weights(state: State) -> Weights:
    """Returns the world model's weights in a state of `Parts.get_state`."""
    return module_weights(state["world_model"]["learner"]["rl_module"][DEFAULT_MODULE_ID])
