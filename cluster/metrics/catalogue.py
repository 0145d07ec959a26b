"""Every result that a run gives to Prometheus: names, labels, and where a row of metrics.jsonl has it.

`python -m docs.tools.references` writes the reference into docs/metrics.md.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from actors.games.levels import Level, split_of
from actors.rollout.actor_metrics import COUNTERS, GAUGES, SECONDS
from cluster.metrics.throughput import WINDOWS

PREFIX = "sonic_worlds_"
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Metric:
    """`sonic_worlds_<name>`; a counter if the name ends in _total, else a gauge.

    Attributes:
        keys: by the values of the labels, the key in a row.
    """

    name: str
    help: str
    labels: tuple[str, ...]
    keys: Mapping[tuple[str, ...], str]

    @property
    def counter(self) -> bool:
        return self.name.endswith("_total")

    def values(self, row: Row) -> Iterator[tuple[tuple[str, ...], float]]:
        """The labels' values and the number of each series that the row has."""
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


def _one(name: str, text: str, key: str | None = None) -> Metric:
    return Metric(name, text, (), {(): key or name})


def _by(label: str, name: str, text: str, keys: Mapping[str, str]) -> Metric:
    return Metric(name, text, (label,), {(value,): key for value, key in keys.items()})


def _speed(name: str, text: str, iteration: bool = False) -> Metric:
    keys = {f"{window}s": f"{name}_{window}s" for window in WINDOWS}
    return _by("window", name, text, ({"iteration": name} if iteration else {}) | keys)


def _level(name: str, text: str) -> Metric:
    return LevelMetric(f"level_{name}", text, ("game", "level", "split"), {(): name})


_PARTS = {part: part for part in ("vae", "mdn", "inverse")}
_KEPT = ("rollout_actor", "world_model_learner", "ppo_learner", "parameter_server", "valkey")
PHASES = {
    "actor": ("emulate", "infer", "policy", "wait"),
    "world_model": ("wait", "batch", "learn", "publish"),
    "ppo": ("wait", "learn", "publish"),
}

CATALOGUE: Mapping[str, tuple[Metric, ...]] = {
    "Throughput": (
        _one("steps_total", "steps sampled by all actors, over the run and all its resumes; a step is 4 frames"),
        _one("frames_total", "frames that the emulators ran"),
        _one("episodes_total", "episodes that ended"),
        _one("iterations_total", "iterations of the policy's training", "iteration"),
        _speed("steps_per_second", "of all actors, in the last iteration and the last 10, 60 and 300 s", True),
        _speed("frames_per_second", "the same in frames", True),
        _one("iteration_seconds", "of the last iteration"),
        _one("iteration_timestamp_seconds", "Unix time at its end; when it stands still, so does the run"),
        Metric(
            "phase_seconds_total",
            "where the time goes, summed over processes. actor: emulate (waits for its emulators), infer (world model),"
            " policy (its forward pass, and RLlib), wait (for the learners and the driver). world_model: wait (the"
            " training ratio is reached), batch, learn, publish. ppo: wait (for samples), learn, publish",
            ("component", "phase"),
            {(part, phase): f"{part}_{phase}_seconds_total" for part, phases in PHASES.items() for phase in phases},
        ),
        _one("rollout_actors", "actors that gave samples to the last iteration"),
        _one("rollout_actors_configured", "actors that the configuration asks for"),
    ),
    "Results": (
        _one("extrinsic_return_mean", "the game's rewards of an episode; undiscounted, of the last 100 episodes"),
        _one("curiosity_return_mean", "the same of curiosity"),
        _one("episode_steps_mean", "their length"),
        _one("progress_mean", "how much of the level lay behind the player at their end, 0 to 1"),
        _one("completion_rate", "how many of them reached the goal, 0 to 1. Games with the contest's rules only"),
        _one("curiosity_mean", "paid for a step, in the last iteration"),
        _one("curiosity_spread", "its standard deviation"),
        _one("curiosity_share", "of the reward: the sum of its sizes over that of all rewards' sizes, 0 to 1"),
        _one("levels_played", "levels that some emulator played in the last iteration"),
        _one("levels_seen", "levels that were played so far"),
    ),
    "Levels": (
        _level("steps_total", "steps in the level"),
        _level("frames_total", "frames in the level"),
        _level("episodes_total", "episodes in the level"),
        _level("extrinsic_return_mean", "of its last 20 episodes"),
        _level("progress_mean", "of its last 20 episodes"),
        _level("completion_rate", "of its last 20 episodes"),
        _level("curiosity_mean", "paid for a step, in the last iteration that played it"),
        _level("sequences_total", "its sequences that came to the pool"),
        _level("sequences_seen_total", "of these, the ones that were trained on"),
        _level("score", "of prioritized level replay"),
        _level("probability", "that an emulator draws it, if prioritized"),
    ),
    "World model": (
        _one("world_model_loss", "joint loss, a moving average; it jumps once, when the lambdas are chosen"),
        _by(
            "component",
            "world_model_loss_part",
            "its parts, without lambdas, and the progress model's loss",
            {part: f"world_model_loss_{part}" for part in (*_PARTS, "progress")},
        ),
        _one("world_model_loss_first", "joint loss of the first update"),
        _by(
            "component", "lambda", "weights of the parts: 1 until they are measured", {p: f"lambda_{p}" for p in _PARTS}
        ),
        _one("world_model_updates_total", "updates of the world model"),
        _speed("world_model_updates_per_second", "in the last 10, 60 and 300 s"),
        _one("world_model_steps_trained_total", "steps in its batches"),
        _speed("world_model_steps_per_second", "steps in its batches, in the last 10, 60 and 300 s"),
        _one("world_model_updates_owed", "updates that the training ratio grants but are not done yet: its queue"),
        _one("world_model_learning_rate", "now"),
        _one("training_ratio", "steps trained on for every step sampled; below its setting where the machine is slow"),
        _one("trained_share", "of the sampled steps, how many were trained on at least once, 0 to 1"),
        _one("weights_version", "newest published version"),
        _one("weights_staleness_mean_versions", "how many versions the actors are behind it", "staleness_mean"),
        _one("weights_staleness_max_versions", "the same of the one that is most behind", "staleness_max"),
        _one("weights_taken_total", "versions that actors took"),
        _by(
            "component",
            "gpu_memory_bytes",
            "that torch has allocated; 0 without a GPU. Its use is among Ray's metrics: ray_node_gpus_utilization",
            {"world_model_learner": "world_model_gpu_bytes"},
        ),
    ),
    "Policy": (
        _one("ppo_updates_total", "updates of the policy; one has several epochs"),
        _speed("ppo_updates_per_second", "in the last 10, 60 and 300 s"),
        _one("ppo_entropy", "of the policy's actions, in nats"),
        _one("ppo_explained_variance", "of the returns, by the value function; 1 is perfect, 0 a constant's"),
        _one("policy_lag_min_updates", "updates that the learner was ahead of the policy that sampled; the least"),
        _one("policy_lag_mean_updates", "the same, mean of the actors"),
        _one("policy_lag_max_updates", "the same, the most"),
    ),
    "Sequences": (
        _one("pool_sequences", "sequences in the pool"),
        _one("pool_capacity_sequences", "that it can hold", "pool_capacity"),
        _one("pool_levels", "levels that have a sequence in it"),
        _one("pool_age_seconds", "how long its sequences have been in it, on average"),
        _one("sequences_total", "sequences that came to the pool"),
        _one("sequences_seen_total", "those that were trained on"),
        _one("sequences_dropped_total", "those that gave way to newer ones"),
        _one("sequences_dropped_unseen_total", "of these, the ones never trained on"),
        _one("sequences_refused_total", "those an actor threw away because the learner did not take them in time"),
        _one("sequence_lots_in_flight", "lots of sequences on their way to the learner, of all actors"),
    ),
    "Faults": (
        _by(
            "component",
            "restarts_total",
            "processes that died, or hung and were killed, and were replaced",
            {"emulator": "emulator_restarts_total"} | {part: f"{part}_restarts_total" for part in _KEPT},
        ),
        _one("silent_parts_total", "of these, the ones that hung; emulators not counted"),
        HeartbeatMetric(
            "heartbeat_age_seconds", "since each part last gave a sign of life", ("component", "actor"), {}
        ),
        _one("store_write_seconds", "of the last write of a version to Redis, until it was on its disk"),
        _one("store_failures_total", "writes that failed because Redis was away; they are made up for"),
        _one("store_away", "1 while it is away"),
        _one("weights_refused_total", "versions that did not arrive as they were published; the one before is used"),
        _by(
            "component",
            "updates_skipped_total",
            "updates, or minibatches, that made no step: the loss or its gradients were not finite",
            {f"{part}_learner": f"{part}_updates_skipped_total" for part in ("world_model", "ppo")},
        ),
        _by(
            "component",
            "divergences_total",
            "times that a learner went back to its last sound weights and began to optimise anew",
            {f"{part}_learner": f"{part}_divergences_total" for part in ("world_model", "ppo")},
        ),
        _one("steps_not_finite_total", "actors' steps whose latents, logits or rewards were not finite; these are 0"),
        _one("store_unwritten_versions", "versions that wait to be written", "store_unwritten"),
        _one("publish_seconds", "of the last publishing, the write included"),
        _one(
            "checkpoint_timestamp_seconds",
            "Unix time of the newest checkpoint; before there is one, of the process's start",
        ),
        _one("checkpoint_seconds", "that it took to write"),
        _one("checkpoint_failures_total", "checkpoints that could not be written; the ones before are kept"),
    ),
}


def reference() -> str:
    """The tables of all metrics, in Markdown."""
    lines = []
    for title, metrics in CATALOGUE.items():
        lines += [f"**{title}**", "", "| metric | labels | in metrics.jsonl | meaning |", "|---|---|---|---|"]
        lines += [_line(metric.name, metric.labels, _where(metric), metric.help) for metric in metrics]
        lines.append("")
    lines += ["**Each rollout actor**, from Ray's agent on its node", ""]
    lines += ["| metric | labels | meaning |", "|---|---|---|"]
    for name, text in (*COUNTERS, *GAUGES):
        lines.append(f"| `{name}` | actor | {text} |")
    lines.append(f"| `{SECONDS.name}` | actor, phase | {SECONDS.help} |")
    return "\n".join(lines)


def _line(name: str, labels: tuple[str, ...], where: str, text: str) -> str:
    return f"| `{name}` | {', '.join(labels)} | {where} | {text} |"


def _where(metric: Metric) -> str:
    if isinstance(metric, HeartbeatMetric):
        return "`heartbeats`"
    if isinstance(metric, LevelMetric):
        return f"`levels`: `{metric.keys[()]}`"
    keys = list(metric.keys.values())
    if keys == [metric.name]:
        return "the same"
    return ", ".join(f"`{key}`" for key in keys) if len(keys) < 7 else f"`{keys[0]}`, ..."
