"""The parts of a run as Ray actors, on this machine or a cluster, which do their work side by side."""

import math
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from actors.games.levels import Level
from actors.rollout.env_runner import REPORTS
from cluster.config.config import TrainConfig
from cluster.host.plan import make_plan, place, room
from cluster.host.ray_cluster import free_resources, gpus, metrics_addresses, quiet, start_ray
from cluster.host.ray_put import put
from cluster.host.ray_requests import ray_options, request_resources, with_variables
from cluster.metrics.faults import Faults
from cluster.run.beginning import Beginning
from cluster.run.folder import RunFolder
from cluster.run.spec import run_spec
from cluster.training import part_settings
from cluster.training.learner_keeper import LearnerKeeper
from cluster.training.part_faults import PartFaults
from cluster.training.parts import State, begin_policy, parts_state
from cluster.training.server_keeper import ServerKeeper
from cluster.training.watchdog import Watchdog
from learners.allocator import ALLOCATOR
from learners.iteration import Iteration
from learners.learner_loop import LearnerLoop
from learners.ray_policy import RayPolicy
from world_model.published.parameter_server import ParameterServer, Published
from world_model.published.private_valkey import PrivateValkey
from world_model.published.weights import Weights

SERVER_NAME = "parameter-server"
_LOOK_SECONDS = 5.0
_CATCH_UP_SECONDS, _CATCH_UP_LOOK_SECONDS = 20.0, 0.05
"""Most seconds that sampling waits in an iteration (a dead learner must not block the others), and between looks."""


class RayParts:
    """See `Parts`. Processes that do not end when they should are left to the janitor."""

    def __init__(
        self,
        config: TrainConfig,
        levels: list[Level],
        probabilities: dict[Level, float] | None,
        run: RunFolder,
        temporary: Path,
        faults: Faults,
        state: State | None,
        beginning: Beginning | None = None,
    ) -> None:
        """
        Args:
            probabilities: of the levels, to begin with; None: the schedule's own.
            run: its key names it in the store, and its folder holds the private Valkey, if there is one.
            temporary: folder for Ray's session.
            faults: of the run.
            state: of `get_state`, to continue from.
            beginning: networks to begin with if there is no `state`.
        """
        self.config = config
        self.spec = spec = run_spec(config, levels)
        self._run_faults = faults
        self._faults = PartFaults(faults)
        with ExitStack() as opened, quiet(run.logs / "start.log"):
            self._valkey = opened.enter_context(PrivateValkey(run.valkey)) if config.redis_url is None else None

            if config.address is None:
                start_ray(temporary, make_plan(config, 0).total())
            opened.callback(ray.shutdown)
            self._plan = make_plan(config, gpus())
            # Before any actor takes resources.
            fit = room(self._plan, free_resources())[-1]

            # The private Valkey's socket is on this machine.
            here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
            server = (
                ray.remote(ParameterServer)
                .options(
                    name=SERVER_NAME,
                    num_cpus=0,
                    max_restarts=-1,
                    max_task_retries=-1,
                    scheduling_strategy=here if self._valkey else "DEFAULT",
                )
                .remote(**part_settings.of_server(config, spec, run.key, self._valkey), put=put)
            )
            self._server = ServerKeeper(server, faults)

            learner = (
                ray.remote(LearnerLoop)
                .options(
                    **ray_options(self._plan.world_model_learner),
                    max_restarts=-1,
                    runtime_env=with_variables(ALLOCATOR),
                )
                .remote(
                    spec,
                    config.world_model,
                    RemotePublish(server),
                    config.seed,
                    config.curiosity == "learning_progress",
                )
            )
            self._learner = LearnerKeeper(learner, self._server.newest_weights, faults)
            opened.callback(self._learner.stop)
            if state is not None:
                # Its store may be another one than the checkpoint's.
                self._server.raise_to(state["world_model"]["version"])
            # Its process imports what it needs while the policy's processes do the same.
            self._learner.start(state and state["world_model"], beginning.world_model if beginning else None)

            states = state["actors"] if state else {}
            actors = part_settings.of_actors(config, spec, levels, probabilities, states, server, learner)
            self._actor_states: dict[int, State] = dict(actors.states)

            settings = part_settings.of_policy(config, actors, state["steps"] if state else 0)
            request_resources(settings, self._plan)
            if fit < config.actors:
                # RLlib wants a train batch to be a multiple of what all runners sample at once.
                settings.env_runners(num_env_runners=1)
            # It makes its own learner and the actors.
            self._policy = RayPolicy(settings, str(temporary), self._ppo_learner_died)
            self._learner.wait_until_started()
            opened.callback(self._policy.stop)
            begin_policy(self._policy, state, beginning.policy if beginning else None)
            self._runner_restarts = 0
            self._next_look = 0.0

            self._watchdog = opened.enter_context(
                Watchdog(
                    lambda: {
                        "world-model learner": (learner, "silence"),
                        "PPO learner": (self._policy.learner_actor, "__ray_ready__"),
                        "parameter server": (server, "life"),
                    },
                    lambda: self._policy.healthy_runners,
                    server,
                    config.watchdog.silence_seconds,
                    faults,
                )
            )
            self._exit = opened.pop_all()

    @property
    def diverged(self) -> str | None:
        return self._faults.diverged

    def iterate(self) -> Iteration:
        """Lets the actors sample and the policy learn; the world-model learner runs all the time.

        Restarts what Ray does not restart, and starts rollout actors on new nodes.
        """
        if self._valkey and self._valkey.revive(self.config.watchdog.silence_seconds):
            self._faults.add_valkey_restart()
        self._look_after_actors()
        self._let_learner_catch_up()
        iteration = self._policy.iterate()
        for report in iteration.runners[REPORTS]:
            self._actor_states[report["actor"]] = report["state"]
        self._faults.add_iteration(iteration)
        return iteration

    def draw_levels_by(self, probabilities: dict[Level, float]) -> None:
        self._policy.tell_runners("draw_levels_by", probabilities=probabilities)

    def begin_policy_anew(self) -> None:
        self._policy.begin_anew()

    def get_metrics(self) -> dict[str, Any]:
        learner, server = self._learner.get_metrics(), self._server.get_metrics()
        metrics = self._faults.take_from(learner, server, self._server.notes())
        return metrics | {"heartbeats": self._watchdog.silence()}

    def metrics_addresses(self) -> list[str]:
        return [] if self.config.address else metrics_addresses()

    def get_state(self, steps: int) -> State:
        return parts_state(self._learner, self._policy, self._actor_states, steps)

    def __enter__(self) -> "RayParts":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()

    def _look_after_actors(self) -> None:
        faults = self._run_faults
        restarts = self._policy.runner_restarts
        if restarts > self._runner_restarts:
            faults.count("rollout_actor_restarts_total", restarts - self._runner_restarts)
            faults.warn("a rollout actor's process died; Ray starts it again")
            self._runner_restarts = restarts
        missing = self.config.actors - len(self._policy.runners)
        if missing and time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + _LOOK_SECONDS
            fit = min(missing, place(self._plan.rollout_actors, free_resources()))
            if fit:
                self._policy.add_runners(fit)
                faults.say(f"{fit} more rollout actors start: there is room for them")

    def _let_learner_catch_up(self) -> None:
        """Waits while the world-model learner owes more updates than one iteration's steps grant."""
        section = self.config.world_model
        if not section.sampling_waits:
            return
        steps = section.batch_sequences * section.sequence_length
        worth = math.ceil(self.config.policy.train_batch_steps * section.training_ratio / steps)
        deadline = time.monotonic() + _CATCH_UP_SECONDS
        while self._learner.get_metrics().get("world_model_updates_owed", 0) > worth and time.monotonic() < deadline:
            time.sleep(_CATCH_UP_LOOK_SECONDS)

    def _ppo_learner_died(self) -> None:
        self._run_faults.count("ppo_learner_restarts_total")
        self._run_faults.warn("the PPO learner's process died; a new one goes on from the last iteration")


class RemotePublish:
    """Publishes weights to the parameter server's Ray actor; returns the version, and the lagged version."""

    def __init__(self, server: Any) -> None:
        self._server = server

    def __call__(self, weights: Weights, updates: int, digest: str) -> tuple[int, Published | None]:
        version = ray.get(self._server.publish.remote(weights, updates, digest))
        lagged: Published | None = ray.get(self._server.lagged.remote())
        return version, lagged and replace(lagged, weights=ray.get(lagged.weights[0]))
