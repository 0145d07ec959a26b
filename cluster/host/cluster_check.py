"""Checks that a cluster has room for a run, before anything is started or written."""

import time

from cluster.config.config import TrainConfig
from cluster.config.errors import UsageError
from cluster.host import plan
from cluster.host.ray_cluster import all_resources, free_resources, gpus, join_ray

_PATIENCE_SECONDS = 20.0
_LOOK_SECONDS = 0.5


def join_cluster(config: TrainConfig, address: str) -> None:
    """Connects to the cluster for the run that follows.

    Raises:
        UsageError: there is no cluster, or it has no room for the learners and one rollout actor.
    """
    join_ray(address)
    wanted = plan.make_plan(config, gpus())
    deadline = time.monotonic() + _PATIENCE_SECONDS
    # A killed driver leaves actors, which Ray ends within seconds; the next driver waits for that.
    if 0 not in plan.room(wanted, all_resources()):
        while 0 in plan.room(wanted, free_resources()) and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
    check_room(wanted, free_resources(), f"--address {address}: the cluster")


def check_room(wanted: plan.Plan, nodes: list[dict[str, float]], who: str) -> None:
    """Checks that both learners and one rollout actor fit into the nodes.

    Raises:
        UsageError: they do not fit; the message has a table of needed and free resources.
    """
    fits = plan.room(wanted, nodes)
    if 0 in fits:
        raise UsageError(f"{who} has no room for the run\n{plan.table(wanted, fits, nodes)}")
