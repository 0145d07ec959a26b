"""The policy: an RLlib algorithm on latents."""

import math
from functools import partial
from typing import Any

import numpy as np
from ray.rllib.algorithms.algorithm_config import AlgorithmConfig
from ray.rllib.algorithms.appo import APPOConfig
from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.core.rl_module.default_model_config import DefaultModelConfig
from ray.rllib.core.rl_module.rl_module import RLModuleSpec

from learners.finite_steps import FiniteAPPOLearner, FinitePPOLearner
from learners.overlapped_ppo import OverlappedPPOConfig
from learners.own_network import OwnNetwork
from learners.settings import AlgorithmName, PolicySettings
from learners.value_errors import ScoringLearner, end_episode, name_episode


def policy_config(
    settings: PolicySettings,
    runner_class: type,
    env_config: dict[str, Any],
    actors: int,
    emulators_per_actor: int,
    seed: int,
    serial: bool,
    steps: int,
    score_levels: bool = False,
    algorithm: AlgorithmName = "ppo",
    last_step: int | None = None,
) -> AlgorithmConfig:
    """Returns the RLlib configuration.

    Args:
        runner_class: the env runner, which makes its own environment from `env_config`.
        actors: number of rollout actors; not used in serial mode, where the one runner is in this process.
        serial: whether everything runs in this process.
        steps: number of steps of the resumed run: RLlib's own count begins at 0.
        score_levels: whether PPO's learner reports value errors by level; see `learners.value_errors`.
        last_step: last step of the run, by which the learning rate falls to its share `decay_to`. None: it does not.
    """
    ours = partial(OverlappedPPOConfig, settings.overlap)
    config: Any = {"ppo": ours, "ppo-synchronous": PPOConfig, "appo": APPOConfig}[algorithm]()
    runners = 1 if serial else actors
    fragment = max(1, settings.train_batch_steps // (runners * emulators_per_actor))
    # Our learners look once whether a step is sound. RLlib would look twice more, at every gradient.
    config.framework(torch_skip_nan_gradients=True)
    config.environment(env="WorldModelVec", env_config=env_config, disable_env_checking=True)
    config.env_runners(
        env_runner_cls=runner_class,
        num_env_runners=0 if serial else actors,
        num_envs_per_env_runner=emulators_per_actor,
        rollout_fragment_length=fragment,
        batch_mode="truncate_episodes",
        # No resources of Ray are requested; a run that has a plan does so after this.
        num_cpus_per_env_runner=0,
        sample_timeout_s=120.0,
        create_local_env_runner=serial,
    )
    config.learners(num_learners=0 if serial else 1, num_cpus_per_learner=0)
    config.training(
        lr=_learning_rate(settings, steps, last_step),
        gamma=settings.discount,
        entropy_coeff=settings.entropy,
        train_batch_size_per_learner=fragment * runners * emulators_per_actor,
        grad_clip=0.5,
        grad_clip_by="global_norm",
    )
    config.learners(learner_class=FiniteAPPOLearner if algorithm == "appo" else FinitePPOLearner)
    if algorithm == "appo":
        # RLlib's default is 0, by which this process requests samples without a pause, and the actors, which Ray
        # gives a lower priority, hardly get a core.
        config.training(clip_param=settings.clip, lambda_=settings.gae_lambda, timeout_s_sampler_manager=0.05)
        # RLlib's default is 10 seconds, in which a run would not report, save or stop.
        config.reporting(min_time_s_per_iteration=1.0)
    else:
        config.training(
            clip_param=settings.clip,
            lambda_=settings.gae_lambda,
            num_epochs=settings.epochs,
            minibatch_size=settings.minibatch_size,
            vf_loss_coeff=0.5,
            # RLlib's default of 10 is of the squared error: values that are further off than 3.16 have no gradient.
            vf_clip_param=math.inf,
            use_kl_loss=False,
        )
    if settings.network:
        own = RLModuleSpec(module_class=OwnNetwork, model_config={"network": settings.network})
        config.rl_module(rl_module_spec=own)
    else:
        config.rl_module(
            model_config=DefaultModelConfig(
                fcnet_hiddens=list(settings.hidden), fcnet_activation="tanh", vf_share_layers=False
            )
        )
    # A killed runner comes back at once. RLlib's default is a minute, a thousand times.
    config.fault_tolerance(
        restart_failed_env_runners=True,
        max_num_env_runner_restarts=1000,
        delay_between_env_runner_restarts_s=1.0,
        env_runner_health_probe_timeout_s=1.0,
    )
    if score_levels:
        config.callbacks(on_episode_start=name_episode, on_episode_end=end_episode)
        config.learners(learner_class=ScoringLearner)
    config.debugging(seed=narrow_seed(seed), log_level="ERROR")
    # The runners' connectors hold no state, and asking for it would wait for the fragments under way.
    config._dont_auto_sync_env_runner_states = True
    return config


def _learning_rate(settings: PolicySettings, steps: int, last_step: int | None) -> Any:
    """Returns the rate, or RLlib's list of [step, rate], linear in between, whose step 0 is the run's step `steps`."""

    def bend(step: int) -> float:
        warm = min(1.0, 0.01 + 0.99 * step / settings.warm_up_steps) if settings.warm_up_steps else 1.0
        fallen = (1 - settings.decay_to) * min(1.0, step / last_step) if last_step else 0.0
        return settings.learning_rate * warm * (1 - fallen)

    # On the same lines wherever a run is resumed.
    bends = sorted({0, settings.warm_up_steps, *([last_step] if last_step and settings.decay_to < 1 else [])})
    now = float(np.interp(steps, bends, [bend(step) for step in bends]))
    later = [[step - steps, bend(step)] for step in bends if step > steps]
    return [[0, now], *later] if later else now


def narrow_seed(seed: int) -> int:
    """Returns a seed of 31 bits for one of any size; a seed of 31 bits stays as it is.

    RLlib adds a runner's number and gives the sum to numpy's old generator, which takes 32 bits.
    """
    return seed if seed < 1 << 31 else int(np.random.SeedSequence(seed).generate_state(1)[0]) >> 1


def get_policy_state(policy: Any) -> dict[str, Any]:
    """Returns networks and optimisers of a RayPolicy or a SerialPolicy, as a tree of arrays and scalars."""
    learner = policy.learner_group.get_state()["learner"]
    return {key: learner[key] for key in ("rl_module", "optimizer", "weights_seq_no")}


def begun_anew(random: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
    """Returns the random state of a policy as one that follows on another state.

    RLlib takes over only weights with a higher number than those that there are.
    """
    return {**random, "weights_seq_no": state["weights_seq_no"] + 1}


def set_policy_state(policy: Any, state: dict[str, Any]) -> None:
    """Restores the learner and gives its weights to every runner."""
    policy.learner_group.set_state({"learner": state})
    policy.sync_weights()
