"""The rollout actor: RLlib's env runner over a WorldModelVec."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import torch
from gymnasium.wrappers.vector import DictInfoToList
from ray.rllib.connectors.env_to_module import EnvToModulePipeline
from ray.rllib.connectors.module_to_env import ModuleToEnvPipeline
from ray.rllib.env.single_agent_env_runner import SingleAgentEnvRunner
from ray.rllib.utils.debug import deterministic

from actors.games.levels import Level
from actors.rollout.actor_metrics import ActorMetrics
from actors.rollout.connectors import ActionsOut, ObservationsIn
from actors.rollout.world_model_vec import WorldModelVec

# RLlib's own seeding also asks torch for deterministic algorithms, which loads torch's compiler: seconds and many
# megabytes in every process that never compiles. On CPUs, with one thread, the networks are deterministic without.
deterministic.set_torch_seed = torch.manual_seed

REPORTS = "actor_reports"
"""Key of the reports in RLlib's env-runner results: a list of dicts of `report`, one for each `sample`."""


class CuriousEnvRunner(SingleAgentEnvRunner):
    """An RLlib env runner that makes its own vector environment and adds a report to every sample.

    The algorithm's `env_config` holds `make`, which is called with the index of this runner (0 when it is the only
    one, in the driver) and the state to continue from, if there is one for this index.
    """

    env: DictInfoToList

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        spaces = self.env.single_observation_space, self.env.single_action_space
        self._env_to_module = EnvToModulePipeline(*spaces, connectors=[ObservationsIn(*spaces)])
        self._actions_out = ActionsOut(*spaces)
        self._module_to_env = ModuleToEnvPipeline(*spaces, connectors=[self._actions_out])

    def make_env(self) -> None:
        if self.env is not None:
            self.env.close()
        # Ray gives an actor as many OpenMP threads as it has CPUs; the local runner would take all there are.
        torch.set_num_threads(1)
        make: Callable[[int], WorldModelVec] = self.config.env_config["make"]
        self.env = DictInfoToList(make(self.worker_index or 0))
        self.num_envs = self.env.num_envs
        self._sampled_at: float | None = None
        self._actor_metrics = ActorMetrics() if self.worker_index else None
        self._needs_initial_reset = True

    @property
    def vec(self) -> WorldModelVec:
        """The environment under RLlib's wrapper."""
        return self.env.unwrapped

    def level_of(self, emulator: int) -> str:
        """Returns the name of the emulator's present level."""
        return str(self.vec.level_of(emulator))

    def draw_levels_by(self, probabilities: Mapping[Level, float]) -> None:
        """See `LevelDraw.draw_by`."""
        self.vec.draw_levels_by(probabilities)

    def sample(self, **arguments: Any) -> Any:
        begin = time.perf_counter()
        seconds = self.vec.tally.seconds
        # The time between two samples: waiting for the driver, the learners and Ray.
        seconds["wait"] += begin - (self._sampled_at or begin)
        in_steps = seconds["emulate"] + seconds["infer"]
        episodes = super().sample(**arguments)
        self._sampled_at = time.perf_counter()
        # The policy's forward pass, and RLlib's book-keeping.
        seconds["policy"] += self._sampled_at - begin - (seconds["emulate"] + seconds["infer"] - in_steps)
        return episodes

    def report(self) -> dict[str, Any]:
        """Returns the actor's index, the versions it uses, its tally since the last report, and its state to save."""
        vec = self.vec
        vec.tally.not_finite += self._actions_out.not_finite
        self._actions_out.not_finite = 0
        report = {
            "actor": self.worker_index or 0,
            "version": vec.version,
            "policy_updates": self._weights_seq_no,
            "shipping": vec.shipping,
            "tally": vec.take_tally(),
            "state": vec.get_state(),
        }
        if self._actor_metrics:
            self._actor_metrics.record(report)
        return report

    def get_metrics(self) -> dict[str, Any]:
        self.metrics.log_value(REPORTS, self.report(), reduce="item_series")
        return super().get_metrics()

    def stop(self) -> None:
        super().stop()
        self.env = None
