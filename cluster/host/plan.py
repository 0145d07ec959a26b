"""The resources that a run needs of a Ray cluster, and whether the cluster has them."""

from collections.abc import Mapping
from dataclasses import dataclass

from cluster.config.config import ActorResources, LearnerResources, TrainConfig

OBJECT_STORE_BYTES = 1 << 30
"""Size of the object store of a run's own Ray."""
Resources = Mapping[str, float]
"""Amounts by Ray's names of resources: CPU, GPU, memory (bytes), and custom ones."""


@dataclass(frozen=True)
class Need:
    """The need of a number of actors of one kind, each of which must fit into one node."""

    part: str
    count: int
    resources: Resources


@dataclass(frozen=True)
class Plan:
    """The needs of a run.

    Attributes:
        world_model_learner, ppo_learner: need of one learner each.
        rollout_actors: need of all rollout actors; one of them is enough to begin with.
    """

    world_model_learner: Need
    ppo_learner: Need
    rollout_actors: Need

    @property
    def needs(self) -> tuple[Need, Need, Need]:
        return self.world_model_learner, self.ppo_learner, self.rollout_actors

    def total(self) -> dict[str, float]:
        """Returns the sum of all needs, by Ray's names of resources."""
        sums: dict[str, float] = {}
        for need in self.needs:
            for name, amount in need.resources.items():
                sums[name] = sums.get(name, 0.0) + need.count * amount
        return sums


def make_plan(config: TrainConfig, gpus: float) -> Plan:
    """Makes the plan of a run.

    Args:
        gpus: number of GPUs in the cluster.
    """
    share = 1.0 if gpus >= 2 else 0.5 if gpus >= 1 else 0.0
    resources = config.resources
    return Plan(
        Need("world-model learner", 1, _of_learner(resources.world_model_learner, share)),
        Need("PPO learner", 1, _of_learner(resources.ppo_learner, share)),
        Need("rollout actor", config.actors, _of_actor(resources.rollout_actor)),
    )


def room(plan: Plan, nodes: list[dict[str, float]]) -> list[int]:
    """Returns how many actors of each need fit into the nodes, learners first.

    Args:
        nodes: free resources of each node.
    """
    free = [dict(node) for node in nodes]
    return [place(need, free) for need in plan.needs]


def place(need: Need, free: list[dict[str, float]]) -> int:
    """Returns how many actors of a need fit into the nodes, and subtracts their resources from `free`."""
    placed = 0
    # Nodes without GPUs first: those with GPUs are for actors that need them. Ray does the same.
    for node in sorted(free, key=lambda node: node.get("GPU", 0.0)):
        while placed < need.count and all(node.get(name, 0.0) >= x for name, x in need.resources.items()):
            for name, amount in need.resources.items():
                node[name] -= amount
            placed += 1
    return placed


def table(plan: Plan, fits: list[int], nodes: list[dict[str, float]]) -> str:
    """Returns a table of needed and free resources."""
    rows = [("part", "count", "fit", "each needs")]
    rows += [
        (need.part, str(need.count), str(fit), _worded(need.resources) or "nothing")
        for need, fit in zip(plan.needs, fits, strict=True)
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    lines = [f"  {row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]}" for row in rows]
    there = [f"  free on node {i}: {_worded(node) or 'nothing'}" for i, node in enumerate(nodes, 1)]
    return "\n".join([*lines, *there])


def _of_actor(resources: ActorResources) -> dict[str, float]:
    amounts = {"CPU": resources.cpus, **resources.custom}
    return {name: amount for name, amount in amounts.items() if amount}


def _of_learner(resources: LearnerResources, share: float) -> dict[str, float]:
    gpus = share if resources.gpus is None else resources.gpus
    amounts = {"GPU": gpus, "memory": resources.memory_gib * 2**30}
    return _of_actor(resources) | {name: amount for name, amount in amounts.items() if amount}


def _worded(resources: Resources) -> str:
    words = []
    for name, amount in sorted(resources.items()):
        if name == "memory":
            words.append(f"{amount / 2**30:.1f} GiB")
        elif not name.startswith(("node:", "object_store_memory")):
            words.append(f"{amount:g} {name}")
    return ", ".join(words)
