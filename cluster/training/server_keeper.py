"""The driver's side of the parameter server's Ray actor, which Ray restarts."""

from dataclasses import replace
from typing import Any

import ray

from cluster.metrics.faults import Faults
from world_model.published.parameter_server import Published
from world_model.published.weights import Weights

_WAIT_SECONDS = 1.0


class ServerKeeper:
    """Reads the parameter server's metrics and notes, and notices its restarts."""

    def __init__(self, actor: Any, faults: Faults) -> None:
        self.actor = actor
        self._faults = faults
        self._life, self._metrics, self._notes, _ = ray.get(self._request())
        self._requests: list[ray.ObjectRef] = []
        self._store_away = False

    def get_metrics(self) -> dict[str, Any]:
        """Returns the server's newest metrics; the ones before if it hangs for a second, or restarts."""
        if not self._requests:
            self._requests = self._request()
        if len(ray.wait(self._requests, num_returns=len(self._requests), timeout=_WAIT_SECONDS)[0]) == len(
            self._requests
        ):
            requests, self._requests = self._requests, []
            life, metrics, self._notes, trouble = ray.get(requests)
            self._metrics = self._look_at(life, metrics, trouble)
        return dict(self._metrics)

    def notes(self) -> list[str]:
        """Returns the server's notes, which are as new as the metrics."""
        return self._notes

    def raise_to(self, version: int) -> None:
        ray.get(self.actor.raise_to.remote(version))

    def newest_weights(self) -> Weights | None:
        """Returns the weights that were published last; None if they are lost or changed."""
        published: Published | None = ray.get(self.actor.newest.remote())
        try:
            return None if published is None else replace(published, weights=ray.get(published.weights[0])).checked()
        except ray.exceptions.ObjectLostError:
            return None

    def _request(self) -> list[ray.ObjectRef]:
        actor = self.actor
        return [method.remote() for method in (actor.life, actor.get_metrics, actor.notes, actor.trouble)]

    def _look_at(self, life: str, metrics: dict[str, Any], trouble: str) -> dict[str, Any]:
        """Reports a restart or a new trouble in the server's answers; returns the metrics."""
        if life != self._life:
            self._life = life
            self._faults.count("parameter_server_restarts_total")
            newest = metrics["weights_version"]
            self._faults.warn(f"the parameter server's process died; a new one has version {newest} from the store")
        if bool(trouble) != self._store_away:
            self._store_away = not self._store_away
            if trouble:
                self._faults.warn(f"{trouble}; the run goes on, and keeps the newest versions to write")
            else:
                self._faults.say("Redis is back; it has all versions that it missed and that are still of use")
        return metrics
