"""Makes a rollout actor's environment from its parts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from actors.emulation.kinds import make_pool
from actors.emulation.settings import EmulatorSettings
from actors.games.levels import Level
from actors.rollout.curiosity import Curiosity
from actors.rollout.level_draw import LevelDraw
from actors.rollout.recolouring import Recolouring
from actors.rollout.settings import CuriosityKind, RewardSettings
from actors.rollout.transport import LocalSink, LocalWeights, RemoteSink, RemoteWeights
from actors.rollout.world_model_vec import WorldModelVec
from world_model.spec import WorldModelSpec


@dataclass(frozen=True)
class Rollout:
    """Makes the WorldModelVec of any actor of a run. It is sent to the actors in RLlib's `env_config`."""

    levels: tuple[Level, ...]
    emulators: int
    emulator: EmulatorSettings
    spec: WorldModelSpec
    curiosity: CuriosityKind
    reward: RewardSettings
    sequence_length: int
    seed: int
    remote: bool
    """Whether `server` and `learner` are handles of Ray actors, or the objects themselves."""
    server: Any
    learner: Any
    threads: int = 1
    """Threads that step an actor's native games."""
    actors: int = 1
    """Number of rollout actors of the run."""
    round_robin: bool = False
    """Whether every emulator plays the levels in their order; otherwise it draws them."""
    probabilities: Mapping[Level, float] | None = None
    """Probabilities of the levels to begin with; None: all levels are equally likely."""
    states: dict[int, dict[str, Any]] = field(default_factory=dict)
    """States of the actors to continue from, by index."""

    def __call__(self, index: int) -> WorldModelVec:
        """Makes the environment of an actor, whose index is 1 and up for Ray actors, 0 in a serial run."""
        first = max(0, index - 1) * self.emulators
        draw = LevelDraw(
            self.levels, first, self.emulators, self.actors * self.emulators, [self.seed, index, 0], self.round_robin
        )
        if self.probabilities is not None:
            draw.draw_by(self.probabilities)
        size = self.spec.observation_size
        pool = make_pool(draw.games, draw, self.emulator, [self.seed, index, 1], size, self.threads)
        name = actor_name(index)
        vec = WorldModelVec(
            pool,
            draw,
            self.spec,
            Curiosity(self.curiosity, self.reward),
            self.reward,
            self.sequence_length,
            RemoteWeights(self.server, name) if self.remote else LocalWeights(self.server, name),
            RemoteSink(self.learner) if self.remote else LocalSink(self.learner),
            Recolouring(self.emulators, self.emulator.recoloured, [self.seed, index, 2]),
        )
        if index in self.states:
            vec.set_state(self.states[index])
        return vec

    def __deepcopy__(self, memo: dict[int, Any]) -> "Rollout":
        # RLlib copies its configuration now and then; the parts named here are one of a kind.
        return self


def actor_name(index: int) -> str:
    """Returns the name of a rollout actor at the parameter server."""
    return f"actor-{index}"
