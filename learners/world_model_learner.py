"""The world-model learner: trains on pooled sequences and publishes versions."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from ray.rllib.core import DEFAULT_MODULE_ID
from ray.rllib.policy.sample_batch import MultiAgentBatch, SampleBatch

from learners.sequence_pool import SequencePool
from learners.setbacks import Setbacks
from learners.settings import WorldModelSettings
from learners.training_ratio import TrainingRatio
from learners.world_model_module import GAZE_LOSS, PROGRESS_LOSS, STEPPED, WorldModelGroupConfig
from world_model.finite import NotFiniteError
from world_model.lambdas import PARTS, LambdaMeasurement, Lambdas
from world_model.losses import LEAST_MDN_LOSS
from world_model.published.parameter_server import Published
from world_model.published.weights import Weights, digest_of
from world_model.schedule import LearningRate
from world_model.sequences import Sequences
from world_model.spec import SIGHT, WorldModelSpec
from world_model.weights import set_weights

Publish = Callable[[Weights, int, str], tuple[int, Published | None]]
"""Publishes weights, updates, digest; returns the new version's number, and the lagged version or None."""

PHASES = ("wait", "batch", "learn", "publish")
"""Phases of the learner's time: waiting (the training ratio is reached), drawing a batch, updates, publishing."""

_SMOOTHING = 0.9
"""Weight of the past in the reported losses, which are exponential moving averages over updates."""
_GRADIENT_NORM = 1000.0
"""Norm above which gradients are clipped. They are large, for the reconstruction loss is a sum over pixels."""


class WorldModelLearner:
    """Takes sequences by `add`, and trains on them by `update` as far as the training ratio allows.

    `add` may be called from another thread than `update`. Training is done by an RLlib LearnerGroup with one local
    learner.
    """

    def __init__(
        self,
        spec: WorldModelSpec,
        settings: WorldModelSettings,
        publish: Publish,
        seed: int,
        measures_progress: bool = True,
    ) -> None:
        """
        Args:
            measures_progress: whether the progress model is trained, for which a lagged version is scored.
        """
        torch.manual_seed(seed)
        sight = SIGHT[spec.vision]
        self._settings = settings
        self._publish = publish
        self._group = WorldModelGroupConfig(
            spec,
            sight.lambda_kl if settings.lambda_kl is None else settings.lambda_kl,
            sight.moving_weight if settings.moving_weight is None else settings.moving_weight,
            _GRADIENT_NORM,
            measures_progress,
            settings.motion_ahead,
        ).build_learner_group()
        # Batches are drawn where they are learned from.
        (device,) = self._group.foreach_learner(lambda learner: learner.device)
        self.pool = SequencePool(settings.pool_sequences, settings.sequence_length, spec, device.get(), seed)
        self._ratio = TrainingRatio(
            settings.training_ratio,
            settings.batch_sequences * settings.sequence_length,
            # The updates that a full pool's steps grant.
            max_debt=max(1, int(settings.pool_sequences * settings.training_ratio / settings.batch_sequences)),
        )
        self._rate = LearningRate(
            settings.learning_rate, settings.warm_up_updates, settings.slow_after, settings.freeze_after
        )
        given = _given_lambdas(settings)
        self._lambdas = self._with_motion(given or Lambdas())
        least = {"vae": 0.0, "mdn": spec.latent * LEAST_MDN_LOSS, "inverse": 0.0, "motion": 0.0}
        self._measurement = None if given else LambdaMeasurement(settings.measure_updates, least)
        self._losses: dict[str, float] = {}
        self._first_joint: float | None = None
        self._refused = 0
        self._setbacks = Setbacks()
        # The weights that were published last, which are sound, and their digest.
        self._sound: Weights | None = None
        self._digest = ""
        self._seconds = dict.fromkeys(PHASES, 0.0)
        self._version = 0
        self.updates = 0
        self.publishing = False
        self._busy = threading.Lock()
        self._done_at: float | None = None

    def add(self, sequences: Sequences) -> None:
        """Adds sequences to the pool, in place of the oldest ones."""
        self.pool.add(sequences)
        self._ratio.add_steps(sequences.steps)

    @property
    def owed(self) -> int:
        """Number of updates that are due; 0 before the pool holds a batch, and once the model is frozen or diverged."""
        ready = len(self.pool) >= self._settings.batch_sequences and not self._rate.frozen(self.updates)
        return self._ratio.owed if ready and not self._setbacks.diverged else 0

    def update(self) -> bool:
        """Makes one update if one is due, and publishes after every `publish_every` updates.

        An update whose loss or gradients are not finite makes no step. After several of them in a row the learner
        returns to the weights that it published last.

        Returns:
            Whether an update was due.
        """
        if self.owed == 0:
            return False
        with self._busy:
            begin, done_before = time.perf_counter(), self._done_at
            batch = self.pool.sample(self._settings.batch_sequences)
            sampled = time.perf_counter()
            (result,) = self._group.update(
                batch=MultiAgentBatch(
                    {DEFAULT_MODULE_ID: SampleBatch(batch)},
                    env_steps=self._settings.batch_sequences * self._settings.sequence_length,
                ),
                timesteps={
                    "learning_rate": self._rate.at(self.updates),
                    "lambdas": self._lambdas.as_dict(),
                },
            )
            self._ratio.count_update()
            self.updates += 1
            results = result[DEFAULT_MODULE_ID]
            stepped = float(results[STEPPED]) == 1
            if stepped:
                self._record({part: float(results[part]) for part in (*PARTS, PROGRESS_LOSS, GAZE_LOSS)})
            if self._setbacks.count(stepped, int(not stepped)):
                self._go_back()
            learned = time.perf_counter()
        if self.updates % self._settings.publish_every == 0:
            self._publish_now()
        self._done_at = time.perf_counter()
        for phase, seconds in (
            ("wait", begin - (done_before or begin)),
            ("batch", sampled - begin),
            ("learn", learned - sampled),
            ("publish", self._done_at - learned),
        ):
            self._seconds[phase] += seconds
        return True

    def start(
        self,
        state: dict[str, Any] | None,
        weights: Weights | None = None,
        reported: dict[str, Any] | None = None,
    ) -> None:
        """Restores a state, if there is one, and publishes a first version for the actors.

        Args:
            state: of `get_state`; None for a new run.
            weights: newer ones than the state's: the last ones that a killed learner published.
            reported: the last `get_metrics` of a killed learner, from which counters go on.

        Raises:
            NotFiniteError: it would begin with a world model that gives numbers that are not finite.
        """
        if state is not None:
            self._set_state(state)
        if weights is not None:
            self._group.foreach_learner(
                lambda learner: set_weights(learner.module[DEFAULT_MODULE_ID].unwrapped().world_model, weights)
            )
        if reported is not None:
            self.updates = max(self.updates, reported["world_model_updates_total"])
            for phase, seconds in self._seconds.items():
                self._seconds[phase] = max(seconds, reported[f"world_model_{phase}_seconds_total"])
            self._version = reported["weights_version"]
            self.pool.raise_counts(
                inserted=reported["sequences_total"],
                dropped=reported["sequences_dropped_total"],
                dropped_unseen=reported["sequences_dropped_unseen_total"],
                levels=reported["pool_level_counts"],
            )
        self._publish_now()

    def weights(self) -> Weights:
        """Returns a copy of the world model's parameters, by the names of `world_model.weights`."""
        return module_weights(self._group.get_weights([DEFAULT_MODULE_ID])[DEFAULT_MODULE_ID])

    def get_metrics(self) -> dict[str, Any]:
        """Returns counters, losses (moving averages; None before the first update) and the state of the pool."""
        counts = self.pool.counts
        trained = self.updates * self._settings.batch_sequences * self._settings.sequence_length
        joint = self._lambdas.joint(self._losses) if self._losses else None
        return {
            "world_model_loss": joint,
            "world_model_loss_first": self._first_joint,
            **{f"world_model_loss_{part}": self._losses.get(part) for part in (*PARTS, PROGRESS_LOSS, GAZE_LOSS)},
            **{f"lambda_{part}": value for part, value in self._lambdas.as_dict().items()},
            "world_model_updates_total": self.updates,
            "world_model_updates_owed": self.owed,
            **{f"world_model_{phase}_seconds_total": seconds for phase, seconds in self._seconds.items()},
            "world_model_steps_trained_total": trained,
            "world_model_gpu_bytes": torch.cuda.memory_allocated() if torch.cuda.is_available() else 0,
            "world_model_learning_rate": self._rate.at(self.updates),
            "weights_version": self._version,
            "weights_refused_total": self._refused,
            "world_model_updates_skipped_total": self._setbacks.skipped,
            "world_model_divergences_total": self._setbacks.returns,
            "world_model_diverged": self._setbacks.diverged,
            "training_ratio": trained / counts.inserted_steps if counts.inserted_steps else 0.0,
            "pool_sequences": len(self.pool),
            "pool_capacity": self.pool.capacity,
            "pool_levels": len(self.pool.levels),
            "sequences_total": counts.inserted,
            "sequences_dropped_total": counts.dropped,
            "sequences_dropped_unseen_total": counts.dropped_unseen,
            "sequences_seen_total": counts.seen,
            "pool_level_counts": {level: list(both) for level, both in list(counts.levels.items())},
            "pool_age_seconds": self.pool.age(),
        }

    def get_state(self) -> dict[str, Any]:
        """Returns the state for a resume, as a tree of arrays and scalars for `world_model.state_tree`.

        If the world model gives numbers that are not finite, it first returns to the weights published last.
        """
        with self._busy:
            if not self._is_sound():
                self._go_back()
            learner = self._group.get_state()["learner"]
            return {
                "learner": {key: learner[key] for key in ("rl_module", "optimizer", "weights_seq_no")},
                "pool": self.pool.get_state(),
                "ratio": self._ratio.get_state(),
                "lambdas": self._lambdas.as_dict(),
                "measurement": self._measurement.get_state() if self._measurement else None,
                "losses": self._losses,
                "first_joint": self._first_joint,
                "seconds": dict(self._seconds),
                "version": self._version,
                "updates": self.updates,
                "random": torch.get_rng_state().numpy(),
            }

    def _set_state(self, state: dict[str, Any]) -> None:
        with self._busy:
            self._group.set_state({"learner": state["learner"]})
            self.pool.set_state(state["pool"])
            self._ratio.set_state(state["ratio"])
            self._lambdas = self._with_motion(Lambdas(**state["lambdas"]))
            if state["measurement"] is None:
                self._measurement = None
            elif self._measurement:
                self._measurement.set_state(state["measurement"])
            self._losses = dict(state["losses"])
            self._first_joint = state["first_joint"]
            self._seconds.update(state["seconds"])
            self._version = state["version"]
            self.updates = state["updates"]
            torch.set_rng_state(torch.from_numpy(np.array(state["random"])))

    def _record(self, losses: dict[str, float]) -> None:
        if self._first_joint is None:
            self._first_joint = self._lambdas.joint(losses)
        # A part that is new since the checkpoint has no past.
        old = losses | self._losses
        self._losses = {k: _SMOOTHING * old[k] + (1 - _SMOOTHING) * losses[k] for k in losses}
        if self._measurement:
            chosen = self._measurement.add(losses)
            if chosen:
                self._lambdas, self._measurement = self._with_motion(chosen), None

    def _with_motion(self, lambdas: Lambdas) -> Lambdas:
        """Returns lambdas with that of the motion model as it is set."""
        motion = self._settings.lambda_motion
        return lambdas if motion is None else replace(lambdas, motion=motion)

    def _is_sound(self) -> bool:
        (sound,) = self._group.foreach_learner(lambda learner: learner.is_sound())
        return bool(sound.get())

    def _go_back(self) -> None:
        """Returns to the weights that were published last."""
        sound = self._sound
        if sound is None:
            raise NotFiniteError("the world model gives numbers that are not finite, and there is none to go back to")
        self._group.foreach_learner(lambda learner: learner.begin_again(sound))
        self._setbacks.went_back()

    def _publish_now(self) -> None:
        """Publishes the weights if they are sound, and not equal to those that were published last."""
        with self._busy:
            if not self._is_sound():
                self._go_back()
            weights = self.weights()
        digest = digest_of(weights)
        if digest == self._digest:
            return
        # Not while `_busy`: a checkpoint need not wait for a parameter server that is restarting.
        self.publishing = True
        self._version, published = self._publish(weights, self.updates, digest)
        self.publishing = False
        self._sound, self._digest = weights, digest
        self._setbacks.kept()
        lagged = published.checked() if published else None
        self._refused += published is not None and lagged is None
        with self._busy:
            self._group.foreach_learner(
                lambda learner: learner.module[DEFAULT_MODULE_ID].unwrapped().set_lagged(lagged)
            )


def module_weights(state: dict[str, np.ndarray]) -> Weights:
    """Returns a copy, in C order, of the world model's weights in the RLModule's state."""
    prefix = "world_model."
    return {name.removeprefix(prefix): np.array(p, order="C") for name, p in state.items() if name.startswith(prefix)}


def _given_lambdas(settings: WorldModelSettings) -> Lambdas | None:
    """Returns the lambdas of the settings; None if they are to be measured."""
    vae, mdn, inverse = settings.lambda_vae, settings.lambda_mdn, settings.lambda_inverse
    return None if vae is None or mdn is None or inverse is None else Lambdas(vae, mdn, inverse, motion=0.0)
