"""The policy in this process: one runner and one learner, one after the other."""

import time
from copy import deepcopy
from typing import Any

import torch
from ray.rllib.algorithms.algorithm_config import AlgorithmConfig
from ray.rllib.core import ALL_MODULES, COMPONENT_RL_MODULE, DEFAULT_MODULE_ID
from ray.rllib.utils.metrics import NUM_ENV_STEPS_SAMPLED_LIFETIME, WEIGHTS_SEQ_NO

from learners.finite_steps import SETBACKS
from learners.iteration import LEARNED, Iteration, learned_numbers
from learners.policy import begun_anew, get_policy_state, set_policy_state
from learners.value_errors import VALUE_ERRORS


class SerialPolicy:
    """PPO's training step with RLlib's runner and learner classes, but without its Algorithm, which would start Ray."""

    def __init__(self, config: AlgorithmConfig) -> None:
        """
        Args:
            config: from `policy_config` with `serial`.
        """
        # Two runs with one seed are identical, on a GPU too.
        torch.backends.cudnn.deterministic = True
        self._config = config
        self._runner = config.env_runner_cls(config=config, worker_index=0)
        self.learner_group = config.build_learner_group(spaces=self._runner.get_spaces())
        self._steps = 0
        self._random = deepcopy(get_policy_state(self))
        self.sync_weights()

    def iterate(self) -> Iteration:
        """Samples a batch and learns from it."""
        begin = time.perf_counter()
        episodes = self._runner.sample()
        sampled = time.perf_counter()
        self._steps += sum(len(episode) for episode in episodes)
        (learned,) = self.learner_group.update(
            episodes=episodes,
            timesteps={NUM_ENV_STEPS_SAMPLED_LIFETIME: self._steps},
            num_epochs=self._config.num_epochs,
            minibatch_size=self._config.minibatch_size,
            shuffle_batch_per_epoch=self._config.shuffle_batch_per_epoch,
        )
        learned_at = time.perf_counter()
        self.sync_weights()
        seconds = {
            "wait": sampled - begin,
            "learn": learned_at - sampled,
            "publish": time.perf_counter() - learned_at,
        }
        metrics = self._runner.get_metrics()
        module = learned[DEFAULT_MODULE_ID]
        errors, setbacks = (learned[ALL_MODULES].get(key) for key in (VALUE_ERRORS, SETBACKS))
        return Iteration(
            {name: stats.peek() for name, stats in metrics.items() if hasattr(stats, "peek")},
            int(module[WEIGHTS_SEQ_NO].peek()),
            errors.peek() if errors else [],
            seconds,
            learned_numbers({name: module[name].peek() for name in LEARNED if name in module}),
            setbacks.peek() if setbacks else [],
        )

    def get_state(self) -> dict[str, Any]:
        """Returns the learner's state, as `get_policy_state` does."""
        return get_policy_state(self)

    def set_state(self, state: dict[str, Any]) -> None:
        """Restores the learner and the runner."""
        set_policy_state(self, state)

    def begin_anew(self) -> None:
        """Returns to the random networks and the optimiser that it was made with."""
        set_policy_state(self, begun_anew(self._random, self.get_state()))

    def sync_weights(self) -> None:
        """Gives the learner's weights to the runner."""
        state = self.learner_group.get_state(components="learner/rl_module", inference_only=True)["learner"]
        self._runner.set_state({COMPONENT_RL_MODULE: state["rl_module"], WEIGHTS_SEQ_NO: state["weights_seq_no"]})

    def tell_runners(self, method: str, **arguments: Any) -> None:
        """Calls a method of the runner."""
        getattr(self._runner, method)(**arguments)

    def stop(self) -> None:
        self._runner.stop()
