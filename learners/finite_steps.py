"""RLlib's learners, changed to skip steps with numbers that are not finite."""

import os
from dataclasses import dataclass
from typing import Any

import torch
from gymnasium.spaces import Box
from ray.rllib.algorithms.algorithm_config import AlgorithmConfig
from ray.rllib.algorithms.appo.torch.appo_torch_learner import APPOTorchLearner
from ray.rllib.algorithms.ppo.torch.ppo_torch_learner import PPOTorchLearner
from ray.rllib.core import ALL_MODULES, DEFAULT_MODULE_ID
from ray.rllib.core.columns import Columns
from ray.rllib.core.learner.torch.torch_learner import TorchLearner
from torch import Tensor
from torch.nn.utils import get_total_norm

from learners.fused_adam import FusedAdam
from learners.setbacks import Setbacks
from learners.thread_choice import ThreadChoice
from world_model.finite import NotFiniteError

SETBACKS = "setbacks"
"""Key of a list of `Setback` in the learner's results under ALL_MODULES: one for each update that had any."""
_MOST_THREADS = 4
"""Threads of PPO's learner: its minibatches have no work for more."""


@dataclass(frozen=True)
class Setback:
    """Failures within an update.

    Attributes:
        skipped: number of minibatches without a step, because loss or gradients were not finite.
        returns: number of returns to the last sound weights.
        diverged: whether returns do not help, and the learner makes no more steps.
    """

    skipped: int
    returns: int
    diverged: bool


class FiniteSteps(TorchLearner):
    """A learner that skips steps whose loss or gradients are not finite, and after several goes back to sound weights.

    RLlib's own learner replaces nan in gradients by 0, and infinity by a large number.
    """

    def configure_optimizers_for_module(self, module_id: str, config: AlgorithmConfig | None = None) -> None:
        """As RLlib does, with our Adam."""
        parameters = self.get_parameters(self.module[module_id])
        self.register_optimizer(
            module_id=module_id,
            optimizer=FusedAdam(parameters),
            params=parameters,
            lr_or_lr_schedule=(config or self.config).lr,
        )

    def build(self) -> None:
        super().build()
        self._setbacks = Setbacks()
        self._loss = torch.zeros((), device=self._device)
        self._steps = True
        self._stepped = self._skipped = 0
        self._sound: dict[str, Tensor] | None = None
        self._keep_if_sound()

    def set_state(self, state: dict[str, Any]) -> None:
        super().set_state(state)
        self._sound = None
        self._keep_if_sound()

    def compute_losses(self, **arguments: Any) -> dict[str, Any]:
        losses: dict[str, Any] = super().compute_losses(**arguments)
        self._loss = torch.stack([loss.detach() for loss in losses.values()]).sum()
        return losses

    def postprocess_gradients(self, gradients_dict: dict[str, Any]) -> dict[str, Any]:
        """Decides whether there is a step, and then clips as RLlib does."""
        norm = get_total_norm([gradient for gradient in gradients_dict.values() if gradient is not None])
        self._steps = not self._setbacks.diverged and bool((norm + self._loss).isfinite())
        clipped: dict[str, Any] = super().postprocess_gradients(gradients_dict) if self._steps else gradients_dict
        return clipped

    def apply_gradients(self, gradients_dict: dict[str, Any]) -> None:
        """Makes the step, or counts it as skipped."""
        if self._steps:
            super().apply_gradients(gradients_dict)
            self._stepped += 1
        else:
            self._skipped += 1

    def after_gradient_based_update(self, *, timesteps: dict[str, Any]) -> None:
        """Returns to sound weights if necessary, so that runners never get others."""
        super().after_gradient_based_update(timesteps=timesteps)
        setbacks, before = self._setbacks, self._setbacks.returns
        if setbacks.count(self._stepped > 0, self._skipped) or (self._stepped and not self._keep_if_sound()):
            self._go_back()
        elif self._stepped:
            setbacks.kept()
        if self._skipped or setbacks.returns > before:
            setback = Setback(self._skipped, setbacks.returns - before, setbacks.diverged)
            self.metrics.log_value((ALL_MODULES, SETBACKS), setback, reduce="item_series")
        self._stepped = self._skipped = 0

    def _keep_if_sound(self) -> bool:
        sound = self._is_sound()
        if sound:
            self._sound = {name: array.detach().clone() for name, array in self._networks.state_dict().items()}
        return sound

    def _go_back(self) -> None:
        """Returns to the last sound weights, with a reset optimiser."""
        if self._sound is None:
            raise NotFiniteError("the policy gives numbers that are not finite, and there is none to go back to")
        self._networks.load_state_dict(self._sound)
        for optimizer in self._optimizer_parameters:
            optimizer.state.clear()
        self._setbacks.went_back()

    @property
    def _networks(self) -> Any:
        return self.module[DEFAULT_MODULE_ID].unwrapped()

    @torch.no_grad()
    def _is_sound(self) -> bool:
        """Whether parameters, logits and the value's square, which is in the loss, are finite."""
        networks = self._networks
        space = networks.observation_space
        assert isinstance(space, Box)
        seen = {Columns.OBS: torch.as_tensor(space.dtype.type(1), device=self._device).expand(1, *space.shape)}
        norm = get_total_norm([parameter.detach() for parameter in networks.parameters()])
        logits = networks.forward_inference(seen)[Columns.ACTION_DIST_INPUTS]
        value = networks.compute_values(seen)
        return bool(torch.stack([norm, logits.sum(), value.square().sum()]).isfinite().all())


class FinitePPOLearner(FiniteSteps, PPOTorchLearner):
    """PPO's learner with `FiniteSteps`.

    In a process of its own it uses several cores where that is faster: those of the actors that wait for it, unless the
    world-model learner needs them.
    """

    def build(self) -> None:
        super().build()
        cores = len(os.sched_getaffinity(0)) if self.config.num_learners else 1
        self._threads = ThreadChoice(min(_MOST_THREADS, cores))

    def update(self, *arguments: Any, **named: Any) -> Any:
        with self._threads.timed():
            return super().update(*arguments, **named)


class FiniteAPPOLearner(FiniteSteps, APPOTorchLearner):
    """APPO's learner with `FiniteSteps`."""
