"""What every rollout actor tells Ray of itself: Ray's agent on its node hands it to Prometheus."""

from typing import Any, NamedTuple

from ray.util.metrics import Counter, Gauge


class ActorMetric(NamedTuple):
    """One metric `sonic_worlds_<name>` with a label `actor`, and `phase` where the name says seconds."""

    name: str
    help: str


COUNTERS = (
    ActorMetric("actor_steps_total", "steps sampled"),
    ActorMetric("actor_frames_total", "frames run"),
    ActorMetric("actor_episodes_total", "episodes ended"),
    ActorMetric("actor_sequences_total", "sequences made for the world-model learner"),
    ActorMetric("actor_sequences_refused_total", "of these, thrown away because too many were on their way"),
    ActorMetric("actor_emulator_restarts_total", "emulators that died or hung and were replaced"),
)
GAUGES = (
    ActorMetric("actor_weights_version", "version of the world model in use"),
    ActorMetric("actor_policy_updates", "updates that the policy in use has seen"),
    ActorMetric("actor_sequence_lots", "lots of sequences on their way to the learner, 16 at most"),
)
SECONDS = ActorMetric("actor_seconds_total", "time by phase: emulate, infer (world model), policy (and RLlib), wait")


class ActorMetrics:
    """Counters begin at 0 with every process. For use in a Ray actor."""

    def __init__(self) -> None:
        self._counters = {name: Counter(f"sonic_worlds_{name}", text, ("actor",)) for name, text in COUNTERS}
        self._gauges = {name: Gauge(f"sonic_worlds_{name}", text, ("actor",)) for name, text in GAUGES}
        self._seconds = Counter(f"sonic_worlds_{SECONDS.name}", SECONDS.help, ("actor", "phase"))

    def record(self, report: dict[str, Any]) -> None:
        """Takes what `CuriousEnvRunner.report` tells."""
        tags = {"actor": str(report["actor"])}
        tally = report["tally"]
        counts = (
            tally.steps,
            tally.frames,
            len(tally.episodes),
            tally.sequences,
            tally.sequences_refused,
            tally.emulator_restarts,
        )
        for counter, count in zip(self._counters.values(), counts, strict=True):
            if count:
                counter.inc(count, tags)
        values = (report["version"], report["policy_updates"], report["shipping"])
        for gauge, value in zip(self._gauges.values(), values, strict=True):
            gauge.set(value, tags)
        for phase, seconds in tally.seconds.items():
            if seconds > 0:
                self._seconds.inc(seconds, tags | {"phase": phase})
