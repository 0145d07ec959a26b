"""The driver's side of the parameter server's Ray actor, which Ray itself restarts."""

from typing import Any

import ray

from cluster.faults import Faults
from world_model.weights import Weights


class ServerKeeper:
    """Asks the parameter server; calls wait until it is there, and notice that it was started anew."""

    def __init__(self, actor: Any, faults: Faults) -> None:
        self.actor = actor
        self._faults = faults
        self._life = ray.get(actor.life.remote())
        self._store_away = False

    def get_metrics(self) -> dict[str, Any]:
        life, metrics = ray.get([self.actor.life.remote(), self.actor.get_metrics.remote()])
        if life != self._life:
            self._life = life
            self._faults.count("parameter_server_restarts_total")
            newest = metrics["weights_version"]
            self._faults.tell(f"the parameter server's process died; a new one has version {newest} from the store")
        if bool(metrics["store_away"]) != self._store_away:
            self._store_away = not self._store_away
            if self._store_away:
                self._faults.tell("Redis does not answer; the run goes on, and keeps the newest versions to write")
            else:
                self._faults.say("Redis is back; it has all versions that it missed and that are still of use")
        return dict(metrics)

    def raise_to(self, version: int) -> None:
        ray.get(self.actor.raise_to.remote(version))

    def newest_weights(self) -> Weights | None:
        """What was published last, if it is still there."""
        published = ray.get(self.actor.newest.remote())
        try:
            return None if published is None else ray.get(published.weights[0])
        except ray.exceptions.ObjectLostError:
            return None
