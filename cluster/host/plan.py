"""What a run asks of a Ray cluster, and whether the cluster has it."""

from collections.abc import Mapping
from dataclasses import dataclass

from cluster.config.config import ActorResources, LearnerResources, TrainConfig

OBJECT_STORE_BYTES = 1 << 30
"""Size of the object store of a run's own Ray."""
Resources = Mapping[str, float]
"""Amounts by Ray's names: CPU, GPU, memory (bytes), and custom ones."""


@dataclass(frozen=True)
class Need:
    """So many actors of one kind; each must fit into one node."""

    part: str
    count: int
    resources: Resources


@dataclass(frozen=True)
class Plan:
    """
    Attributes:
        world_model_learner, ppo_learner: one of each.
        rollout_actors: how many are wanted at most; one is enough to begin with.
    """

    world_model_learner: Need
    ppo_learner: Need
    rollout_actors: Need

    @property
    def needs(self) -> tuple[Need, Need, Need]:
        return self.world_model_learner, self.ppo_learner, self.rollout_actors

    def total(self) -> dict[str, float]:
        """The sum of all that is asked."""
        sums: dict[str, float] = {}
        for need in self.needs:
            for name, amount in need.resources.items():
                sums[name] = sums.get(name, 0.0) + need.count * amount
        return sums


def make_plan(config: TrainConfig, gpus: float) -> Plan:
    """
    Args:
        gpus: that there are in all.
    """
    share = 1.0 if gpus >= 2 else 0.5 if gpus >= 1 else 0.0
    resources = config.resources
    return Plan(
        Need("world-model learner", 1, _of_learner(resources.world_model_learner, share)),
        Need("PPO learner", 1, _of_learner(resources.ppo_learner, share)),
        Need("rollout actor", config.actors, _of_actor(resources.rollout_actor)),
    )


def room(plan: Plan, nodes: list[dict[str, float]]) -> list[int]:
    """How many of each need of the plan fit into the nodes, learners first.

    Args:
        nodes: what is free on each.
    """
    free = [dict(node) for node in nodes]
    return [place(need, free) for need in plan.needs]


def place(need: Need, free: list[dict[str, float]]) -> int:
    """How many fit into the nodes; what they take is taken from `free`."""
    placed = 0
    # Nodes without GPUs first: those with GPUs are for whoever asks for them. Ray does the same.
    for node in sorted(free, key=lambda node: node.get("GPU", 0.0)):
        while placed < need.count and all(node.get(name, 0.0) >= x for name, x in need.resources.items()):
            for name, amount in need.resources.items():
                node[name] -= amount
            placed += 1
    return placed


def table(plan: Plan, fits: list[int], nodes: list[dict[str, float]]) -> str:
    """What is asked and what there is, for a person."""
    rows = [("part", "asked", "fit", "each needs")]
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
