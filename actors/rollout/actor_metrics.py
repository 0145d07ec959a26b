"""Metrics of each rollout actor, which Ray's agent on its node exports to Prometheus."""

from typing import Any

from ray.util.metrics import Counter, Gauge

from actors.rollout.tally import COUNTERS, GAUGES

_PREFIX = "sonic_worlds_actor_"


class ActorMetrics:
    """The metrics `sonic_worlds_actor_<name>` of a Ray actor. Counters begin at 0 with every process."""

    def __init__(self) -> None:
        self._counters = [(metric, Counter(_PREFIX + metric.total, metric.help, ("actor",))) for metric in COUNTERS]
        self._gauges = [(metric, Gauge(_PREFIX + metric.name, metric.help, ("actor",))) for metric in GAUGES]
        self._seconds = Counter(f"{_PREFIX}seconds_total", "seconds of the actor, by phase", ("actor", "phase"))

    def record(self, report: dict[str, Any]) -> None:
        """Adds a report of `CuriousEnvRunner.report`."""
        tags = {"actor": str(report["actor"])}
        tally = report["tally"]
        for metric, counter in self._counters:
            if count := metric.count(tally):
                counter.inc(count, tags)
        for shown, gauge in self._gauges:
            gauge.set(report[shown.key], tags)
        for phase, seconds in tally.seconds.items():
            if seconds > 0:
                self._seconds.inc(seconds, tags | {"phase": phase})
