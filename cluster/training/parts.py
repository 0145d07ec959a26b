"""What a run is made of, as the trainer sees it: `serial_parts` has it in one process, `ray_parts` on Ray."""

from types import TracebackType
from typing import Any, Protocol, Self

import torch
from ray.rllib.core import DEFAULT_MODULE_ID

from learners.iteration import Iteration
from learners.world_model_learner import module_weights
from world_model.published.weights import Weights
from world_model.spec import WorldModelSpec

State = dict[str, Any]
"""All that a resume needs of the parts, as a tree of arrays and scalars."""


class Parts(Protocol):
    """Parameter server, world-model learner and policy with its rollout actors. A context: on leaving it they end.

    Attributes:
        spec: the sizes of the world model.
    """

    spec: WorldModelSpec

    @property
    def diverged(self) -> str | None:
        """Why there is no sense in going on, if there is none."""

    def iterate(self) -> Iteration:
        """One training iteration of the policy.

        Raises:
            RuntimeError: a part failed: a bug, which going on would hide.
        """

    def draw_levels_by(self, probabilities: dict[Any, float]) -> None:
        """The actors draw the levels of their next episodes by these, without waiting for any of them."""

    def get_metrics(self) -> dict[str, Any]:
        """The learner's and the parameter server's metrics, but for their failures, which are among the faults."""

    def metrics_addresses(self) -> list[str]:
        """HOST:PORT where the actors' metrics are, if Ray is the run's own; a cluster's Ray tells Prometheus itself."""

    def get_state(self, steps: int) -> State:
        """
        Args:
            steps: sampled so far in the run.
        """

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class _Keeping(Protocol):
    """A part whose state a checkpoint holds."""

    def get_state(self) -> State: ...


class _Policy(_Keeping, Protocol):
    def set_state(self, state: State) -> None: ...


def parts_state(learner: _Keeping, policy: _Keeping, actors: dict[int, State], steps: int) -> State:
    """See `Parts.get_state`; `actors`: what each actor reported last of its state, by its index."""
    return {
        "world_model": learner.get_state(),
        "policy": policy.get_state(),
        "actors": actors,
        "steps": steps,
        "torch_random": torch.get_rng_state().numpy(),
    }


def begin_policy(policy: _Policy, state: State | None, networks: Any | None) -> None:
    """The policy goes on from the state of the parts, or begins with the networks of another run, or from nothing.

    Args:
        networks: the state of RLlib's module.
    """
    if state is not None:
        policy.set_state(state["policy"])
        torch.set_rng_state(torch.from_numpy(state["torch_random"]))
    elif networks is not None:
        policy.set_state({**policy.get_state(), "rl_module": {DEFAULT_MODULE_ID: networks}})


def world_model_weights(state: State) -> Weights:
    """The world model's weights within what `Parts.get_state` gave."""
    return module_weights(state["world_model"]["learner"]["rl_module"][DEFAULT_MODULE_ID])
