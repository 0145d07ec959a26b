"""The parts of a run, made and joined: as Ray actors, or all in this process."""

import math
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

import ray
import torch
from ray.rllib.algorithms.algorithm_config import AlgorithmConfig
from ray.rllib.core import DEFAULT_MODULE_ID
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from actors.emulation.hosts import Hosts
from actors.emulation.pool import EmulatorSettings
from actors.games.levels import Level
from actors.rollout.curiosity import CuriositySettings
from actors.rollout.env_runner import REPORTS, CuriousEnvRunner
from actors.rollout.rollout import Rollout
from cluster.config.config import TrainConfig
from cluster.config.redis_password import with_password
from cluster.host.plan import make_plan, place, room
from cluster.host.ray_cluster import free_resources, gpus, metrics_addresses, quiet, start_ray
from cluster.host.ray_put import put
from cluster.host.ray_requests import ask_for, ray_options, with_variables
from cluster.metrics.faults import Faults
from cluster.run.beginning import Beginning
from cluster.run.folder import RunFolder
from cluster.run.spec import run_spec
from cluster.training.learner_keeper import LearnerKeeper
from cluster.training.server_keeper import ServerKeeper
from cluster.training.watchdog import Watchdog
from learners.allocator import ALLOCATOR
from learners.iteration import Iteration
from learners.learner_loop import LearnerLoop
from learners.policy import PolicySettings, policy_config
from learners.ray_policy import RayPolicy
from learners.serial_policy import SerialPolicy
from learners.world_model_learner import LearnerSettings, WorldModelLearner, module_weights
from world_model.lambdas import Lambdas
from world_model.published.parameter_server import ParameterServer, Published
from world_model.published.private_valkey import PrivateValkey
from world_model.published.weights import Weights
from world_model.spec import SIGHT
from world_model.weights import shapes_of

State = dict[str, Any]
SERVER_NAME = "parameter-server"
_LOOK_SECONDS = 5.0
_CATCH_UP_SECONDS, _CATCH_UP_LOOK_SECONDS = 20.0, 0.05
"""At most, in an iteration: a learner that is away must not hold the others up."""
_SKIPPED, _DIVERGENCES = "world_model_updates_skipped_total", "world_model_divergences_total"
_PARTS_FAULTS = {"store_failures_total", "weights_refused_total", _SKIPPED, _DIVERGENCES}
"""Counters of parts that are told among the faults."""
_SKIPS = "updates of the {} are left out: their loss or gradients are not finite"
_RETURNS = "the {} diverges; it went back to its last sound weights and begins to optimise anew"
_NO_WAY_ON = "the {} diverges again and again from its last sound weights; lower --{}.learning-rate"


class Parts:
    """Parameter server, world-model learner and policy with its rollout actors.

    A context: on leaving it they are told to end; what does not is left to the janitor.
    """

    def __init__(
        self,
        config: TrainConfig,
        levels: list[Level],
        probabilities: dict[Level, float] | None,
        run: RunFolder,
        temporary: Path,
        faults: Faults,
        state: State | None,
        server: Path | None = None,
        beginning: Beginning | None = None,
    ) -> None:
        """
        Args:
            probabilities: of the levels, to begin with; None: the actors go by the schedule alone.
            run: its key is in the parameter server's, and its folder holds the private Valkey, if there is one.
            temporary: folder for Ray's session.
            faults: of the run.
            state: what `get_state` gave, to continue from.
            server: directory of the gym-remote server that is the one emulator of a serial run.
            beginning: networks to begin with, where there is no `state`.
        """
        self.config = config
        self._remote = server
        self._faults = faults
        self._failures: dict[tuple[str, str], int] = {}
        self._noted: set[str] = set()
        self.diverged: str | None = None
        """Why there is no sense in going on, if there is none."""
        self._valkey: PrivateValkey | None = None
        self._watchdog: Watchdog | None = None
        self.spec = run_spec(config, levels)
        self._exit = ExitStack()
        try:
            with quiet(run.logs / "start.log"):
                self._start(levels, probabilities, run, temporary, state, beginning)
        except BaseException:
            self._exit.close()
            raise

    def __enter__(self) -> "Parts":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()

    def iterate(self) -> Iteration:
        """One training iteration of the policy, and in serial mode the world-model updates it owes.

        Raises:
            RuntimeError: a part failed: a bug, which going on would hide.
        """
        self._look_after()
        self._let_learner_catch_up()
        iteration = self._policy.iterate()
        for report in iteration.runners[REPORTS]:
            self._actor_states[report["actor"]] = report["state"]
            if refused := report["tally"].weights_refused:
                self._faults.count("weights_refused_total", refused)
                self._faults.tell(
                    "an actor refused a version whose digest is not its maker's; it goes on with the one before"
                )
            if zeroed := report["tally"].not_finite:
                self._faults.count("steps_not_finite_total", zeroed)
                self._faults.tell("an actor met latents, logits or rewards that are not finite; they count as 0")
        for setback in iteration.setbacks:
            self._tell_setback("ppo", "policy", setback.skipped, setback.returns, setback.diverged)
        if isinstance(self._learner, WorldModelLearner):
            while self._learner.update():
                pass
        return iteration

    def draw_levels_by(self, probabilities: dict[Level, float]) -> None:
        """The actors draw the levels of their next episodes by these, without waiting for any of them."""
        self._policy.tell_runners("draw_levels_by", probabilities=probabilities)

    def get_metrics(self) -> dict[str, Any]:
        """The learner's and the parameter server's metrics, but for their failures, which are among the faults."""
        learner, server = dict(self._learner.get_metrics()), dict(self._server.get_metrics())
        for metrics, part in ((learner, "world-model learner"), (server, "parameter server")):
            grown = {key: self._grown(part, key, int(metrics.pop(key))) for key in _PARTS_FAULTS & metrics.keys()}
            skipped, returns = grown.pop(_SKIPPED, 0), grown.pop(_DIVERGENCES, 0)
            self._tell_setback(
                "world_model", "world-model", skipped, returns, metrics.pop("world_model_diverged", False)
            )
            for counter, count in grown.items():
                self._faults.count(counter, count)
        for note in self._server.notes():
            if note not in self._noted:
                self._noted.add(note)
                self._faults.tell(note)
        heartbeats = self._watchdog.silence() if self._watchdog else {}
        return learner | server | {"heartbeats": heartbeats}

    def _tell_setback(self, learner: str, flag: str, skipped: int, returns: int, diverged: bool) -> None:
        name = "policy" if learner == "ppo" else "world model"
        self._faults.count(f"{learner}_updates_skipped_total", skipped)
        self._faults.count(f"{learner}_divergences_total", returns)
        if skipped:
            self._faults.tell(_SKIPS.format(name))
        if returns:
            self._faults.tell(_RETURNS.format(name))
        if diverged:
            self.diverged = _NO_WAY_ON.format(name, flag)

    def _grown(self, part: str, counter: str, count: int) -> int:
        """What a part's counter has risen by since the last look; a part that was started again counts from 0."""
        before = self._failures.get((part, counter), 0)
        self._failures[part, counter] = count
        return count - before if count >= before else count

    def metrics_addresses(self) -> list[str]:
        """HOST:PORT where the actors' metrics are, if Ray is the run's own; a cluster's Ray tells Prometheus itself."""
        return [] if self.config.serial or self.config.address else metrics_addresses()

    def get_state(self, steps: int) -> State:
        """All that a resume needs, as a tree of arrays and scalars.

        Args:
            steps: sampled so far in the run.
        """
        return {
            "world_model": self._learner.get_state(),
            "policy": self._policy.get_state(),
            "actors": self._actor_states,
            "steps": steps,
            "torch_random": torch.get_rng_state().numpy(),
        }

    def weights(self, state: State) -> Weights:
        """The world model's weights within what `get_state` gave."""
        module = state["world_model"]["learner"]["rl_module"][DEFAULT_MODULE_ID]
        return module_weights(module)

    def _start(
        self,
        levels: list[Level],
        probabilities: dict[Level, float] | None,
        run: RunFolder,
        temporary: Path,
        state: State | None,
        beginning: Beginning | None,
    ) -> None:
        config = self.config
        if config.redis_url is None:
            self._valkey = self._exit.enter_context(PrivateValkey(run.valkey))
        lag = config.world_model.lag
        server_arguments = {
            "redis_url": self._valkey.url if self._valkey else with_password(config.redis_url or ""),
            "run": run.key,
            "keep": lag + 1,
            "lag": lag,
            "shapes": shapes_of(self.spec),
        }
        if config.serial:
            self._make_serial(server_arguments)
        else:
            self._make_remote(server_arguments, temporary)
        if state is not None:
            # Its store may be another one than the checkpoint's.
            self._server.raise_to(state["world_model"]["version"])
        # The learner's process imports what it needs while the policy's processes do the same.
        self._learner.start(state and state["world_model"], beginning.world_model if beginning else None)
        rollout = self._rollout(levels, probabilities, state)
        settings = policy_config(
            _policy_settings(config),
            CuriousEnvRunner,
            {"make": rollout},
            config.actors,
            config.emulators_per_actor,
            config.seed,
            config.serial,
            state["steps"] if state else 0,
            score_levels=config.level_schedule == "prioritized",
        )
        if config.serial:
            self._policy: SerialPolicy | RayPolicy = SerialPolicy(settings)
        else:
            self._policy = self._remote_policy(settings, temporary)
        self._exit.callback(self._policy.stop)
        if state is not None:
            self._policy.set_state(state["policy"])
            torch.set_rng_state(torch.from_numpy(state["torch_random"]))
        elif beginning and beginning.policy is not None:
            self._policy.set_state({**self._policy.get_state(), "rl_module": {DEFAULT_MODULE_ID: beginning.policy}})
        self._actor_states: dict[int, State] = dict(rollout.states)
        if isinstance(self._policy, RayPolicy):
            self._watchdog = self._exit.enter_context(self._make_watchdog(self._policy))

    def _make_serial(self, server_arguments: dict[str, Any]) -> None:
        server = ParameterServer(**server_arguments)
        self._server: ParameterServer | ServerKeeper = server
        self._learner: WorldModelLearner | LearnerKeeper = WorldModelLearner(
            self.spec, _learner_settings(self.config), LocalPublish(server), self.config.seed
        )

    def _make_remote(self, server_arguments: dict[str, Any], temporary: Path) -> None:
        config = self.config
        if config.address is None:
            start_ray(temporary, make_plan(config, 0).total())
        self._exit.callback(ray.shutdown)
        self._plan = make_plan(config, gpus())
        # Before anything takes some of it.
        self._fit = room(self._plan, free_resources())[-1]
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
            .remote(**server_arguments, put=put)
        )
        self._server = ServerKeeper(server, self._faults)
        learner = (
            ray.remote(LearnerLoop)
            .options(
                **ray_options(self._plan.world_model_learner), max_restarts=-1, runtime_env=with_variables(ALLOCATOR)
            )
            .remote(self.spec, _learner_settings(config), RemotePublish(server), config.seed)
        )
        self._learner = LearnerKeeper(learner, self._server.newest_weights, self._faults)
        self._exit.callback(self._learner.stop)

    def _remote_policy(self, settings: AlgorithmConfig, temporary: Path) -> RayPolicy:
        assert isinstance(self._learner, LearnerKeeper)
        ask_for(settings, self._plan)
        if self._fit < self.config.actors:
            # RLlib wants a train batch to be a multiple of what all runners sample at once.
            settings.env_runners(num_env_runners=1)
        policy = RayPolicy(settings, str(temporary), self._ppo_learner_died)
        self._learner.wait_until_started()
        self._runner_restarts = 0
        self._next_look = 0.0
        return policy

    def _make_watchdog(self, policy: RayPolicy) -> Watchdog:
        assert isinstance(self._learner, LearnerKeeper)
        assert isinstance(self._server, ServerKeeper)
        learner, server = self._learner.actor, self._server.actor
        return Watchdog(
            lambda: {
                "world-model learner": (learner, "silence"),
                "PPO learner": (policy.learner_actor, "__ray_ready__"),
                "parameter server": (server, "life"),
            },
            lambda: policy.healthy_runners,
            server,
            self.config.watch.silence_seconds,
            self._faults,
        )

    def _look_after(self) -> None:
        """Revives what Ray does not, counts what it does, and gives nodes that joined their rollout actors."""
        if self._valkey and self._valkey.revive(self.config.watch.silence_seconds):
            self._faults.count("valkey_restarts_total")
            self._faults.tell("the private Valkey died; it is started again on the same data")
        if not isinstance(self._policy, RayPolicy):
            return
        restarts = self._policy.runner_restarts
        if restarts > self._runner_restarts:
            self._faults.count("rollout_actor_restarts_total", restarts - self._runner_restarts)
            self._faults.tell("a rollout actor's process died; Ray starts it again")
            self._runner_restarts = restarts
        missing = self.config.actors - len(self._policy.runners)
        if missing and time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + _LOOK_SECONDS
            fit = min(missing, place(self._plan.rollout_actors, free_resources()))
            if fit:
                self._policy.add_runners(fit)
                self._faults.say(f"{fit} more rollout actors start: there is room for them")

    def _let_learner_catch_up(self) -> None:
        """Waits while the world-model learner owes more updates than an iteration's steps are worth."""
        section = self.config.world_model
        if not section.sampling_waits or not isinstance(self._learner, LearnerKeeper):
            return
        steps = section.batch_sequences * section.sequence_length
        worth = math.ceil(self.config.policy.train_batch_steps * section.training_ratio / steps)
        deadline = time.monotonic() + _CATCH_UP_SECONDS
        while self._learner.get_metrics().get("world_model_updates_owed", 0) > worth and time.monotonic() < deadline:
            time.sleep(_CATCH_UP_LOOK_SECONDS)

    def _ppo_learner_died(self) -> None:
        self._faults.count("ppo_learner_restarts_total")
        self._faults.tell("the PPO learner's process died; a new one goes on from the last iteration")

    def _hosts(self) -> Hosts | None:
        if self._remote:
            return Hosts(directory=str(self._remote))
        section = self.config.emulator
        return Hosts(section.host_command) if section.kind == "gym-remote" else None

    def _rollout(self, levels: list[Level], probabilities: dict[Level, float] | None, state: State | None) -> Rollout:
        config = self.config
        return Rollout(
            levels=tuple(levels),
            emulators=config.emulators_per_actor,
            emulator=EmulatorSettings(
                observation_size=self.spec.observation_size,
                sticky_probability=config.emulator.sticky_probability,
                max_episode_steps=config.emulator.max_episode_steps,
                max_episode_seconds=config.emulator.max_episode_seconds,
                stuck_steps=config.emulator.stuck_steps,
                exact=config.emulator.exact,
                timeout_s=config.emulator.timeout_s,
                hosts=self._hosts(),
                native=self._hosts() is None and config.emulator.kind == "native",
                threads=max(1, int(config.resources.rollout_actor.cpus)),
            ),
            spec=self.spec,
            curiosity=CuriositySettings(
                kind=config.curiosity,
                share=config.reward.curiosity_share,
                boredom_threshold=config.reward.boredom_threshold,
            ),
            extrinsic_scale=config.reward.extrinsic_scale,
            rises_only=config.reward.rises_only,
            sequence_length=config.world_model.sequence_length,
            seed=config.seed,
            remote=not config.serial,
            server=self._server.actor if isinstance(self._server, ServerKeeper) else self._server,
            learner=self._learner.actor if isinstance(self._learner, LearnerKeeper) else self._learner,
            actors=1 if config.serial else config.actors,
            round_robin=config.level_schedule == "round-robin",
            probabilities=probabilities,
            states={int(index): s for index, s in state["actors"].items()} if state else {},
        )


class LocalPublish:
    """Publishes to a parameter server in this process; gives the version and the lagged one."""

    def __init__(self, server: ParameterServer) -> None:
        self._server = server

    def __call__(self, weights: Weights, updates: int, digest: str) -> tuple[int, Published | None]:
        return self._server.publish(weights, updates, digest), self._server.lagged()


class RemotePublish:
    """The same to a Ray actor."""

    def __init__(self, server: Any) -> None:
        self._server = server

    def __call__(self, weights: Weights, updates: int, digest: str) -> tuple[int, Published | None]:
        version = ray.get(self._server.publish.remote(weights, updates, digest))
        lagged: Published | None = ray.get(self._server.lagged.remote())
        return version, lagged and replace(lagged, weights=ray.get(lagged.weights[0]))


def _learner_settings(config: TrainConfig) -> LearnerSettings:
    section = config.world_model
    given = (section.lambda_vae, section.lambda_mdn, section.lambda_inverse)
    lambdas = None if None in given else Lambdas(*given)  # type: ignore[arg-type]
    sight = SIGHT[config.preset]
    left_out = {"lag", "sampling_waits", "lambda_vae", "lambda_mdn", "lambda_inverse", "lambda_kl", "moving_weight"}
    return LearnerSettings(
        **section.model_dump(exclude=left_out),
        lambda_kl=sight.lambda_kl if section.lambda_kl is None else section.lambda_kl,
        moving_weight=sight.moving_weight if section.moving_weight is None else section.moving_weight,
        lambdas=lambdas,
        measures_progress=config.curiosity == "learning_progress",
    )


def _policy_settings(config: TrainConfig) -> PolicySettings:
    section = config.policy
    return PolicySettings(algorithm=config.algorithm, **section.model_dump())
