"""Counts of an actor's work, step by step, which the driver gets with every report."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

CELL_PIXELS = 64
"""Side of the cells in which visits of a level are counted."""

PHASES = ("emulate", "infer", "policy", "wait")
"""Phases of an actor's time: waiting for emulators, world model, policy and RLlib, waiting for learners."""

Cell = tuple[int, int]
"""x and y of the player, in units of CELL_PIXELS."""


@dataclass(frozen=True)
class Episode:
    """A finished episode of one emulator; returns are sums of undiscounted rewards."""

    level: str
    steps: int
    extrinsic_return: float
    curiosity_return: float


@dataclass
class LevelTally:
    """An actor's counts in one level.

    Attributes:
        steps: number of steps.
        frames: number of frames that the emulators ran.
        curiosity: sum of the curiosity rewards.
    """

    steps: int = 0
    frames: int = 0
    curiosity: float = 0.0
    visits: Counter[Cell] = field(default_factory=Counter)
    """Number of steps that ended in each cell; empty for games without the player's place."""


def _metric(text: str, in_run: bool = True) -> dict[str, Any]:
    """Makes a metric of a field of `Tally`; see `ActorCounter`."""
    return {"help": text, "in_run": in_run}


@dataclass
class Tally:
    """An actor's counts since its last report. A new metric is a field with `_metric`, and the line that counts it."""

    steps: int = field(default=0, metadata=_metric("steps sampled; a step is 4 frames"))
    frames: int = field(default=0, metadata=_metric("frames that the emulators ran"))
    episodes: list[Episode] = field(default_factory=list, metadata=_metric("episodes that ended"))
    weights_taken: int = field(default=0, metadata=_metric("published world-model versions that actors began to use"))
    emulator_restarts: int = field(default=0, metadata=_metric("emulators that died or hung, and were replaced"))
    sequences: int = field(
        default=0, metadata=_metric("sequences that actors made for the world-model learner", in_run=False)
    )
    sequences_refused: int = field(
        default=0, metadata=_metric("sequences that actors threw away, because too many were on their way already")
    )
    weights_refused: int = 0
    not_finite: int = 0
    """Number of times that an emulator's latents, logits or reward in a step were not finite; they count as 0."""
    curiosity: float = 0.0
    curiosity_squares: float = 0.0
    curiosity_size: float = 0.0
    """Sum of the absolute values of curiosity rewards."""
    extrinsic_size: float = 0.0
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    """Seconds spent, by phase."""
    levels: dict[str, LevelTally] = field(default_factory=dict)
    """Counts in each level, by the level's name."""


@dataclass(frozen=True)
class ActorCounter:
    """A metric that actors count: `actor_<name>_total` of each, `<name>_total` of all actors of a run together.

    Attributes:
        in_run: whether the run has the sum over all actors; otherwise there is only the metric of each actor.
    """

    name: str
    help: str
    in_run: bool

    @property
    def total(self) -> str:
        """The metric's name in a run's rows."""
        return f"{self.name}_total"

    def count(self, tally: Tally) -> int:
        value = getattr(tally, self.name)
        return len(value) if isinstance(value, list) else int(value)


@dataclass(frozen=True)
class ActorGauge:
    """A metric `actor_<name>` of each actor.

    Attributes:
        key: in a report of `CuriousEnvRunner.report`.
    """

    name: str
    help: str
    key: str


COUNTERS = tuple(ActorCounter(each.name, **each.metadata) for each in fields(Tally) if each.metadata)
GAUGES = (
    ActorGauge("weights_version", "version of the world model that the actor uses", "version"),
    ActorGauge("policy_updates", "updates that the policy has had which the actor uses", "policy_updates"),
    ActorGauge(
        "shipments_in_flight", "shipments of sequences on their way to the world-model learner; 16 at most", "shipping"
    ),
)


class Counting:
    """Counts the steps of N emulators, and keeps the sums of their running episodes."""

    def __init__(self, emulators: int) -> None:
        self.tally = Tally()
        self._steps = np.zeros(emulators, np.int64)
        self._extrinsic = np.zeros(emulators)
        self._curiosity = np.zeros(emulators)

    def begin(self) -> None:
        """Begins episodes on all emulators; running ones are not counted."""
        for sums in (self._steps, self._extrinsic, self._curiosity):
            sums[:] = 0

    def add(
        self,
        levels: Sequence[str],
        extrinsic: np.ndarray,
        scaled: np.ndarray,
        curiosity: np.ndarray,
        first: np.ndarray,
        dones: np.ndarray,
        frames: np.ndarray,
        positions: np.ndarray,
    ) -> None:
        """Counts one step of each emulator.

        Args:
            levels: name of each emulator's level.
            extrinsic: float [N], the game's rewards.
            scaled: float [N], the game's rewards as the policy gets them.
            curiosity: float [N], curiosity rewards.
            first, dones: bool [N], whether the step was a reset, or the episode's last.
            frames: int [N], and positions: int [N, 2], as in `PoolStep`.
        """
        tally = self.tally
        self._extrinsic += extrinsic
        self._curiosity += curiosity
        self._steps += ~first
        tally.steps += int((~first).sum())
        tally.frames += int(frames.sum())
        tally.curiosity += float(curiosity.sum())
        tally.curiosity_squares += float(np.square(curiosity, dtype=np.float64).sum())
        tally.curiosity_size += float(np.abs(curiosity).sum())
        tally.extrinsic_size += float(np.abs(scaled).sum())
        cells = (positions // CELL_PIXELS).tolist()
        each = zip(levels, curiosity.tolist(), first.tolist(), frames.tolist(), cells, strict=True)
        for level, paid, began, ran, (x, y) in each:
            played = tally.levels.get(level) or tally.levels.setdefault(level, LevelTally())
            played.steps += not began
            played.frames += ran
            played.curiosity += paid
            if x >= 0 and y >= 0 and not began:
                played.visits[x, y] += 1
        for i in np.flatnonzero(dones).tolist():
            sums = int(self._steps[i]), float(self._extrinsic[i]), float(self._curiosity[i])
            tally.episodes.append(Episode(levels[i], *sums))
            self._steps[i] = self._extrinsic[i] = self._curiosity[i] = 0

    def take(self) -> Tally:
        """Returns the counts since the last call, and begins new ones."""
        tally, self.tally = self.tally, Tally()
        return tally
