"""The parts of a run in this process, which work one after the other."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from actors.games.levels import Level
from actors.rollout.env_runner import REPORTS
from cluster.config.config import TrainConfig
from cluster.host.ray_cluster import quiet
from cluster.metrics.faults import Faults
from cluster.run.beginning import Beginning
from cluster.run.folder import RunFolder
from cluster.run.spec import run_spec
from cluster.training import part_settings
from cluster.training.part_faults import PartFaults
from cluster.training.parts import State, begin_policy, parts_state
from learners.iteration import Iteration
from learners.serial_policy import SerialPolicy
from learners.world_model_learner import WorldModelLearner
from world_model.published.parameter_server import ParameterServer, Published
from world_model.published.private_valkey import PrivateValkey
from world_model.published.weights import Weights


class SerialParts:
    """See `Parts`. Two runs with the same seed are identical."""

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
            temporary: not used; it is for Ray's session.
            faults: of the run.
            state: of `get_state`, to continue from.
            beginning: networks to begin with if there is no `state`.
        """
        self.config = config
        self.spec = spec = run_spec(config, levels)
        self._faults = PartFaults(faults)
        with ExitStack() as opened, quiet(run.logs / "start.log"):
            self._valkey = opened.enter_context(PrivateValkey(run.valkey)) if config.redis_url is None else None

            self._server = ParameterServer(**part_settings.of_server(config, spec, run.key, self._valkey))
            if state is not None:
                # Its store may be another one than the checkpoint's.
                self._server.raise_to(state["world_model"]["version"])

            self._learner = WorldModelLearner(
                spec,
                config.world_model,
                LocalPublish(self._server),
                config.seed,
                config.curiosity == "learning_progress",
            )
            self._learner.start(state and state["world_model"], beginning.world_model if beginning else None)

            states = state["actors"] if state else {}
            actor = part_settings.of_actors(config, spec, levels, probabilities, states, self._server, self._learner)
            self._actor_states: dict[int, State] = dict(actor.states)

            # It makes the actor.
            self._policy = SerialPolicy(part_settings.of_policy(config, actor, state["steps"] if state else 0))
            opened.callback(self._policy.stop)
            begin_policy(self._policy, state, beginning.policy if beginning else None)
            self._exit = opened.pop_all()

    @property
    def diverged(self) -> str | None:
        return self._faults.diverged

    def iterate(self) -> Iteration:
        """Lets the actor sample, the policy learn, and the world model make the updates that are due."""
        if self._valkey and self._valkey.revive(self.config.watchdog.silence_seconds):
            self._faults.add_valkey_restart()
        iteration = self._policy.iterate()
        for report in iteration.runners[REPORTS]:
            self._actor_states[report["actor"]] = report["state"]
        self._faults.add_iteration(iteration)
        while self._learner.update():
            pass
        return iteration

    def draw_levels_by(self, probabilities: dict[Level, float]) -> None:
        self._policy.tell_runners("draw_levels_by", probabilities=probabilities)

    def begin_policy_anew(self) -> None:
        self._policy.begin_anew()

    def get_metrics(self) -> dict[str, Any]:
        server = self._server
        metrics = self._faults.take_from(self._learner.get_metrics(), server.get_metrics(), server.notes())
        return metrics | {"heartbeats": {}}

    def metrics_addresses(self) -> list[str]:
        return []

    def get_state(self, steps: int) -> State:
        return parts_state(self._learner, self._policy, self._actor_states, steps)

    def __enter__(self) -> "SerialParts":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exit.close()


class LocalPublish:
    """Publishes weights to a parameter server in this process; returns the version, and the lagged version."""

    def __init__(self, server: ParameterServer) -> None:
        self._server = server

    def __call__(self, weights: Weights, updates: int, digest: str) -> tuple[int, Published | None]:
        return self._server.publish(weights, updates, digest), self._server.lagged()
