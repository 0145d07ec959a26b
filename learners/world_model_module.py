"""The world model as RLlib sees it: an RLModule, its learner, and the configuration that joins them."""

from typing import Any

import numpy as np
import torch
from gymnasium.spaces import Box, Discrete
from ray.rllib.algorithms.algorithm_config import AlgorithmConfig
from ray.rllib.core import DEFAULT_MODULE_ID
from ray.rllib.core.learner.torch.torch_learner import TorchLearner
from ray.rllib.core.rl_module.rl_module import RLModuleSpec
from ray.rllib.core.rl_module.torch import TorchRLModule
from torch.nn.utils import clip_grads_with_norm_, get_total_norm

from learners.fused_adam import FusedAdam
from world_model.lambdas import Lambdas
from world_model.model import Encoding, WorldModel, learning_progress
from world_model.motion_model import MotionModel
from world_model.precision import autocast
from world_model.published.weights import Weights
from world_model.soundness import is_sound
from world_model.spec import WorldModelSpec
from world_model.weights import set_weights

PROGRESS_LOSS = "progress"
GAZE_LOSS = "gaze"
_FINDER_RATE = 3.0
"""Learning rate of the finder, as a multiple of the world model's."""
STEPPED = "stepped"
"""Key in an update's result: 1 if all optimisers made their step, else 0."""
PROGRESS_LEARNING_RATE = 2e-3
"""Learning rate of the progress model, whose target changes with every version: higher than the world model's."""


class WorldModelModule(TorchRLModule):
    """An RLModule with the world model; a training pass gives the joint loss's parts, and the losses of the
    progress model and of the finder."""

    def setup(self) -> None:
        spec = WorldModelSpec(**self.model_config["spec"])
        self.world_model = WorldModel(spec)
        ahead = self.model_config["motion_ahead"]
        self.motion_model = MotionModel(spec.features, spec.actions, ahead) if ahead else None
        self.lambda_kl: float = self.model_config["lambda_kl"]
        self.moving_weight: float = self.model_config["moving_weight"]
        self.measures_progress: bool = self.model_config["measures_progress"]
        # The lagged version is a yardstick, not part of the module: it has no place in state or optimisers.
        self._lagged: list[WorldModel] = []

    def set_lagged(self, weights: Weights | None) -> None:
        """Sets the version that learning progress is measured against; None: progress counts as 0."""
        if weights is None:
            self._lagged = []
            return
        if not self._lagged:
            model = WorldModel(self.world_model.spec).requires_grad_(False).eval()
            self._lagged = [model.to(next(self.world_model.parameters()).device)]
        set_weights(self._lagged[0], weights)

    def _forward_train(self, batch: dict[str, Any], **_: Any) -> dict[str, Any]:
        model = self.world_model
        with autocast(batch["frames"].device.type):
            encoding = model.encode(batch["frames"], batch["places"])
            parts = model.losses(batch, encoding, self.moving_weight, self.motion_model)
            progress = self._progress_loss({k: v for k, v in batch.items() if isinstance(v, torch.Tensor)}, encoding)
        return {
            "vae": parts.reconstruction + self.lambda_kl * parts.kl,
            "mdn": parts.mdn,
            "inverse": parts.inverse,
            "motion": parts.motion,
            PROGRESS_LOSS: progress,
            GAZE_LOSS: parts.gaze,
        }

    def _progress_loss(self, batch: dict[str, torch.Tensor], encoding: Encoding) -> torch.Tensor:
        """Returns the progress model's squared error on half of the batch: scoring costs as much as half an update.

        It is 0 if progress is not measured.
        """
        model = self.world_model
        if not self.measures_progress:
            return torch.zeros((), device=encoding.x.device)
        sequences = max(1, len(batch["actions"]) // 2)
        part = {name: array[:sequences] for name, array in batch.items()}
        newest = model.score(part, encoding.head(sequences))
        predicted = model.progress_model(newest.z, newest.h).float()
        lagged = self._lagged[0].score(part) if self._lagged else newest
        target = learning_progress(newest, lagged)
        transition = ~part["first"][:, 1:]
        return ((predicted - target).square() * transition).sum() / transition.sum().clamp(min=1)


class WorldModelTorchLearner(TorchLearner):
    """The learner of the joint loss. Learning rate and lambdas come with each update, in `timesteps`."""

    def configure_optimizers_for_module(self, module_id: str, config: AlgorithmConfig | None = None) -> None:
        # An optimiser for each loss, so that the clipping of one set of gradients does not depend on the other sets.
        self._parameters: dict[str, list[torch.nn.Parameter]] = {"joint": [], "progress": [], "gaze": []}
        for name, parameter in self._module[module_id].named_parameters():
            of = "progress" if "progress_model" in name else "gaze" if ".finder." in name else "joint"
            self._parameters[of].append(parameter)
        if not self._parameters["gaze"]:
            del self._parameters["gaze"]
        for name, parameters in self._parameters.items():
            self.register_optimizer(
                module_id=module_id,
                optimizer_name=name,
                optimizer=FusedAdam(parameters),
                params=parameters,
                lr_or_lr_schedule=PROGRESS_LEARNING_RATE if name == "progress" else self.config.lr,
            )
        self._loss_of = {name: torch.zeros((), device=self._device) for name in self._parameters}

    def begin_again(self, weights: Weights) -> None:
        """Sets weights, and resets the optimisers."""
        set_weights(self.module[DEFAULT_MODULE_ID].unwrapped().world_model, weights)
        for name in self._parameters:
            self.get_optimizer(DEFAULT_MODULE_ID, name).state.clear()

    def is_sound(self) -> bool:
        """Returns whether the world model gives usable numbers; see `world_model.soundness`."""
        return is_sound(self.module[DEFAULT_MODULE_ID].unwrapped().world_model)

    def before_gradient_based_update(self, *, timesteps: dict[str, Any]) -> None:
        self._lambdas = Lambdas(**timesteps["lambdas"])
        for name in self._parameters:
            if name != "progress":
                rate = timesteps["learning_rate"] * (_FINDER_RATE if name == "gaze" else 1)
                self._set_optimizer_lr(self.get_optimizer(DEFAULT_MODULE_ID, name), rate)

    def after_gradient_based_update(self, *, timesteps: dict[str, Any]) -> None:
        """Does nothing: RLlib would overwrite the learning rate by its own schedule."""

    def postprocess_gradients(self, gradients_dict: dict[str, Any]) -> dict[str, Any]:
        """Does nothing: `apply_gradients` clips."""
        return gradients_dict

    def apply_gradients(self, gradients_dict: dict[str, Any]) -> None:
        """Makes one step of each optimiser, with gradients clipped by their global norm.

        RLlib's own method reads every gradient five times: to clip by a factor that is nearly always 1, and to look
        twice for infinities. Here the norm shows whether there are any; then, and if the loss is not finite, the step
        is skipped.
        """
        stepped = True
        for name, parameters in self._parameters.items():
            optimizer = self.get_optimizer(DEFAULT_MODULE_ID, name)
            gradients = [p.grad for p in parameters if p.grad is not None]
            if not gradients:
                # The progress model has none if progress is not measured.
                continue
            norm = get_total_norm(gradients)
            if not (norm + self._loss_of[name]).isfinite():
                stepped = False
                continue
            if norm > self.config.grad_clip:
                clip_grads_with_norm_(parameters, self.config.grad_clip, norm)
            optimizer.step()
        self.metrics.log_value((DEFAULT_MODULE_ID, STEPPED), float(stepped), window=1)

    def compute_loss_for_module(
        self, *, module_id: str, config: AlgorithmConfig, batch: dict[str, Any], fwd_out: dict[str, Any]
    ) -> torch.Tensor:
        self.metrics.log_dict({part: loss.detach() for part, loss in fwd_out.items()}, key=module_id, window=1)
        joint: Any = self._lambdas.joint(fwd_out)
        progress = fwd_out[PROGRESS_LOSS]
        gaze = fwd_out[GAZE_LOSS]
        self._loss_of = {"joint": joint.detach(), "progress": progress.detach(), "gaze": gaze.detach()}
        return joint + progress + gaze


class WorldModelGroupConfig(AlgorithmConfig):
    """The smallest AlgorithmConfig that a LearnerGroup accepts; there is no Algorithm."""

    def __init__(
        self,
        spec: WorldModelSpec,
        lambda_kl: float,
        moving_weight: float,
        grad_clip: float,
        measures_progress: bool = True,
        motion_ahead: int = 0,
    ) -> None:
        """
        Args:
            motion_ahead: steps that the motion model looks ahead; 0: there is none.
        """
        super().__init__()
        self._module_spec = RLModuleSpec(
            module_class=WorldModelModule,
            model_config={
                "spec": spec.as_dict(),
                "lambda_kl": lambda_kl,
                "moving_weight": moving_weight,
                "measures_progress": measures_progress,
                "motion_ahead": motion_ahead,
            },
        )
        self.framework("torch")
        self.environment(
            observation_space=Box(0, 255, (spec.observation_size, spec.observation_size, 3), np.uint8),
            action_space=Discrete(spec.actions),
        )
        self.learners(num_learners=0, num_gpus_per_learner=int(torch.cuda.is_available()))
        self.training(grad_clip=grad_clip, grad_clip_by="global_norm")
        self.rl_module(rl_module_spec=self._module_spec)

    def get_default_rl_module_spec(self) -> RLModuleSpec:
        return self._module_spec

    def get_default_learner_class(self) -> type[WorldModelTorchLearner]:
        return WorldModelTorchLearner
