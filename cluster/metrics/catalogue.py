"""Every metric that a run exports to Prometheus: name, labels, and its keys in a row of metrics.jsonl.

`python -m docs.tools.references` writes the reference into docs/metrics.md.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from actors.games.levels import Level, split_of
from actors.rollout.tally import COUNTERS, GAUGES
from actors.rollout.tally import PHASES as ACTOR_PHASES
from cluster.metrics.throughput import WINDOWS

PREFIX = "sonic_worlds_"
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Metric:
    """`sonic_worlds_<name>`; a counter if the name ends in _total, else a gauge.

    Attributes:
        name: without the prefix.
        help: the text of HELP.
        labels: names of the labels.
        keys: the key in a row for each tuple of the labels' values.
    """

    name: str
    help: str
    labels: tuple[str, ...]
    keys: Mapping[tuple[str, ...], str]

    @property
    def counter(self) -> bool:
        return self.name.endswith("_total")

    def values(self, row: Row) -> Iterator[tuple[tuple[str, ...], float]]:
        """Yields labels' values and number of each series in a row."""
        for values, key in self.keys.items():
            if row.get(key) is not None:
                yield values, float(row[key])


class LevelMetric(Metric):
    """One series for each level of the row's `levels`."""

    def values(self, row: Row) -> Iterator[tuple[tuple[str, ...], float]]:
        (key,) = self.keys.values()
        for name, level in row.get("levels", {}).items():
            if level.get(key) is not None:
                game, _, state = name.partition("/")
                yield (game, state, split_of(Level(game, state))), float(level[key])


class HeartbeatMetric(Metric):
    """One series for each part of the row's `heartbeats`; rollout actors have a number."""

    def values(self, row: Row) -> Iterator[tuple[tuple[str, ...], float]]:
        for part, seconds in row.get("heartbeats", {}).items():
            component, _, number = part.replace("rollout actor ", "rollout_actor/").partition("/")
            yield (component.lower().replace(" ", "_").replace("-", "_"), number), float(seconds)


def _one(name: str, text: str) -> Metric:
    return Metric(name, text, (), {(): name})


def _family(name: str, text: str, whole: str = "", **labels: Sequence[str]) -> Metric:
    """Makes one metric with a label of several keys whose names differ in the part {LABEL}.

    Args:
        name: of the keys, such as `{component}_restarts_total`, which is `restarts_total` in Prometheus.
        text: the text of HELP.
        whole: the label's value for the key without the part; "": there is no such key.
        labels: values of each label.
    """
    keys = {values: name.format(**dict(zip(labels, values, strict=True))) for values in product(*labels.values())}
    bare = re.sub(r"_?\{\w+\}_?", "", name)
    return Metric(bare, text, tuple(labels), ({(whole,): bare} if whole else {}) | keys)


def _speed(name: str, text: str, whole: str = "") -> Metric:
    return _family(f"{name}_{{window}}", text, whole, window=[f"{window}s" for window in WINDOWS])


def _level(name: str, text: str) -> Metric:
    return LevelMetric(f"level_{name}", text, ("game", "level", "split"), {(): name})


_KEPT = ("rollout_actor", "world_model_learner", "ppo_learner", "parameter_server", "valkey")
_RESTARTS = _family(
    "{component}_restarts_total",
    "processes that died, or hung and were killed, and were replaced, by kind",
    component=("emulator", *_KEPT),
)
PHASES = {
    "actor": ACTOR_PHASES,
    "world_model": ("wait", "batch", "learn", "publish"),
    "ppo": ("wait", "learn", "publish"),
}
_SECONDS = Metric(
    "seconds_total",
    "where processes spend their seconds, summed over processes. actor: emulate (waiting for emulators), infer (world"
    " model), policy (its forward pass, and RLlib), wait (for learners and driver). world_model, its learner: wait (the"
    " training ratio is reached), batch, learn, publish. ppo, its learner: wait (for samples), learn, publish",
    ("component", "phase"),
    {(part, phase): f"{part}_{phase}_seconds_total" for part, phases in PHASES.items() for phase in phases},
)

CATALOGUE: Mapping[str, tuple[Metric, ...]] = {
    "Throughput": (
        *(
            _one(metric.total, f"{metric.help}. All actors of the run and all its resumes together")
            for metric in COUNTERS
            if metric.in_run and metric.total not in _RESTARTS.keys.values()
        ),
        _one("iteration", "training iterations of the policy that have ended, over all resumes of the run"),
        _speed(
            "steps_per_second", "steps/s of all actors: in the last iteration, and the last 10, 60, 300 s", "iteration"
        ),
        _speed(
            "frames_per_second",
            "frames/s of all emulators: in the last iteration, and the last 10, 60, 300 s",
            "iteration",
        ),
        _one("iteration_seconds", "seconds that the last iteration took"),
        _one(
            "iteration_timestamp_seconds", "Unix time when the last iteration ended; it stands still when the run does"
        ),
        _SECONDS,
        _one("rollout_actors", "rollout actors that sampled for the last iteration"),
        _one("rollout_actors_configured", "rollout actors that the configuration asks for"),
    ),
    "Results": (
        _one("extrinsic_return_mean", "game rewards of an episode, undiscounted: mean of the last 100 episodes"),
        _one("curiosity_return_mean", "curiosity rewards of an episode, undiscounted: mean of the last 100 episodes"),
        _one("episode_steps_mean", "steps of an episode: mean of the last 100 episodes"),
        _one(
            "progress_mean",
            "share of the level that lay behind the player at an episode's end, 0 to 1: mean of the last 100 episodes",
        ),
        _one(
            "completion_rate",
            "share of the last 100 episodes that reached the goal, 0 to 1; only for games with the contest's rules",
        ),
        _one("curiosity_mean", "curiosity reward of a step: mean of the last iteration"),
        _one("curiosity_spread", "curiosity reward of a step: standard deviation in the last iteration"),
        _one(
            "curiosity_share",
            "curiosity's share of the reward in the last iteration, 0 to 1: sums of absolute values are compared",
        ),
        _one("levels_played", "levels that were played in the last iteration"),
        _one("levels_seen", "levels that were played so far"),
    ),
    "Levels": (
        _level("steps_total", "steps sampled in the level"),
        _level("frames_total", "frames that emulators ran in the level"),
        _level("episodes_total", "episodes that ended in the level"),
        _level(
            "extrinsic_return_mean", "game rewards of an episode, undiscounted: mean of the level's last 20 episodes"
        ),
        _level(
            "progress_mean",
            "share of the level that lay behind the player at an episode's end, 0 to 1: mean of the level's last 20"
            " episodes",
        ),
        _level("completion_rate", "share of the level's last 20 episodes that reached the goal, 0 to 1"),
        _level("curiosity_mean", "curiosity reward of a step: mean of the last iteration that played the level"),
        _level("sequences_total", "sequences of the level that came to the sequence pool"),
        _level("sequences_seen_total", "sequences of the level that were in a batch at least once"),
        _level("score", "the level's score in prioritized level replay"),
        _level("probability", "probability that an episode gets the level, in prioritized level replay"),
    ),
    "World model": (
        _one(
            "world_model_loss",
            "joint loss of the world model: exponential moving average. It jumps once, when the lambdas are chosen",
        ),
        _one("world_model_loss_vae", "V's part of the joint loss, without its lambda: exponential moving average"),
        _one("world_model_loss_mdn", "M's part of the joint loss, without its lambda: exponential moving average"),
        _one(
            "world_model_loss_inverse",
            "the inverse model's part of the joint loss, without its lambda: exponential moving average",
        ),
        _one(
            "world_model_loss_motion",
            "the motion model's part of the joint loss, without its lambda: exponential moving average. 0 without a"
            " motion model, and where no game tells the player's place",
        ),
        _one(
            "world_model_loss_progress",
            "loss of the progress model, which is not part of the joint loss: exponential moving average",
        ),
        _one(
            "world_model_loss_gaze",
            "loss of the network that finds the player, which is not part of the joint loss: exponential moving"
            " average. 0 without gaze, and where no game tells the player's place on the screen",
        ),
        _one("world_model_loss_first", "joint loss of the first update"),
        _family(
            "lambda_{component}",
            "weight of a part in the joint loss; 1 until the lambdas are chosen",
            component=("vae", "mdn", "inverse", "motion"),
        ),
        _one("world_model_updates_total", "updates of the world model"),
        _speed("world_model_updates_per_second", "updates/s of the world model in the last 10, 60, 300 s"),
        _one("world_model_steps_trained_total", "steps in all batches of the world-model learner"),
        _speed(
            "world_model_steps_per_second", "steps/s in the world-model learner's batches in the last 10, 60, 300 s"
        ),
        _one("world_model_updates_owed", "updates that the training ratio grants and that are not done yet"),
        _one("world_model_learning_rate", "learning rate of the next update of the world model"),
        _one(
            "training_ratio",
            "steps in the world-model learner's batches for every sampled step; below the setting on a slow machine",
        ),
        _one("trained_share", "share of the sampled steps that were in a batch at least once, 0 to 1"),
        _one("weights_version", "newest published version of the world model"),
        _one("staleness_mean", "versions by which an actor's world model is behind the newest one: mean of the actors"),
        _one(
            "staleness_max", "versions by which an actor's world model is behind the newest one: the most of any actor"
        ),
        _one(
            "world_model_gpu_bytes",
            "GPU memory that torch has allocated for the world-model learner, in bytes; 0 without a GPU. Ray's own"
            " metric of the load is ray_node_gpus_utilization",
        ),
    ),
    "Policy": (
        _one("ppo_updates_total", "updates of the policy; each has several epochs"),
        _speed("ppo_updates_per_second", "updates/s of the policy in the last 10, 60, 300 s"),
        _one("ppo_entropy", "entropy of the policy's actions, in nats"),
        _one("ppo_explained_variance", "share of the returns' variance that the value function explains; 1 is perfect"),
        _one(
            "policy_lag_min_updates",
            "updates of the policy between sampling a batch and learning from it: least of all actors",
        ),
        _one(
            "policy_lag_mean_updates",
            "updates of the policy between sampling a batch and learning from it: mean of all actors",
        ),
        _one(
            "policy_lag_max_updates",
            "updates of the policy between sampling a batch and learning from it: most of all actors",
        ),
    ),
    "Sequences": (
        _one("pool_sequences", "sequences in the sequence pool"),
        _one("pool_capacity", "sequences that the sequence pool can hold"),
        _one("pool_levels", "levels that have a sequence in the sequence pool"),
        _one("pool_age_seconds", "seconds that a sequence has been in the sequence pool: mean"),
        _one("sequences_total", "sequences that came to the sequence pool"),
        _one("sequences_seen_total", "sequences that were in a batch at least once"),
        _one("sequences_dropped_total", "sequences that left the sequence pool for newer ones"),
        _one("sequences_dropped_unseen_total", "sequences that left the sequence pool and never were in a batch"),
        _one(
            "shipments_in_flight", "shipments of sequences on their way to the world-model learner: sum over the actors"
        ),
    ),
    "Faults": (
        _RESTARTS,
        _one(
            "silent_parts_total", "learners, servers and actors that hung, and were replaced; emulators are not counted"
        ),
        HeartbeatMetric(
            "heartbeat_age_seconds", "seconds since a part last gave a sign of life", ("component", "actor"), {}
        ),
        _one("store_write_seconds", "seconds that the last write of a version to Redis took, until it was on its disk"),
        _one("store_failures_total", "writes to Redis that failed; they are repeated"),
        _one("store_away", "1 while Redis takes no writes, else 0"),
        _one(
            "weights_refused_total",
            "published versions that were refused because they differ from their digest, or are not finite",
        ),
        _family(
            "{component}_updates_skipped_total",
            "updates, or minibatches, of a learner that made no step: the loss or its gradients were not finite",
            component=("world_model", "ppo"),
        ),
        _family(
            "{component}_divergences_total",
            "times that a learner went back to its last sound weights and began to optimise anew",
            component=("world_model", "ppo"),
        ),
        _one(
            "steps_not_finite_total", "steps of actors whose latents, logits or rewards were not finite, and count as 0"
        ),
        _one("store_unwritten", "versions that wait to be written to Redis"),
        _one("publish_seconds", "seconds that the last publishing of a version took, with its write to Redis"),
        _one(
            "checkpoint_timestamp_seconds",
            "Unix time of the newest checkpoint; before the first one, of the process's start",
        ),
        _one("checkpoint_seconds", "seconds that the newest checkpoint took to write"),
        _one("checkpoint_failures_total", "checkpoints that could not be written; older ones are kept"),
    ),
}

FAULTS = tuple(
    key
    for metric in CATALOGUE["Faults"]
    for key in metric.keys.values()
    if metric.counter and key not in {counter.total for counter in COUNTERS}
)
"""Names of the counters of faults, without those that actors count."""


def reference() -> str:
    """Returns the tables of all metrics, in Markdown."""
    lines = []
    for title, metrics in CATALOGUE.items():
        lines += [f"**{title}**", "", "| metric | labels | meaning |", "|---|---|---|"]
        lines += [_line(_named(metric), ", ".join(metric.labels), metric.help) for metric in metrics]
        lines.append("")
    lines += [
        "**Each rollout actor**, from Ray's agent on its node",
        "",
        "| metric | labels | meaning |",
        "|---|---|---|",
    ]
    lines += [_line(f"`actor_{metric.total}`", "actor", metric.help) for metric in COUNTERS]
    lines += [_line(f"`actor_{metric.name}`", "actor", metric.help) for metric in GAUGES]
    lines.append(_line("`actor_seconds_total`", "actor, phase", f"seconds, by phase: {', '.join(ACTOR_PHASES)}"))
    return "\n".join(lines)


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _named(metric: Metric) -> str:
    """Returns the metric's name, and the keys of its series in a row where these differ from the name."""
    if isinstance(metric, HeartbeatMetric):
        return f"`{metric.name}` (`heartbeats`)"
    if isinstance(metric, LevelMetric):
        return f"`{metric.name}` (`levels`: `{metric.keys[()]}`)"
    keys = [key for key in metric.keys.values() if key != metric.name]
    if not keys:
        return f"`{metric.name}`"
    return f"`{metric.name}` ({', '.join(f'`{key}`' for key in keys[:4])}{', ...' * (len(keys) > 4)})"
