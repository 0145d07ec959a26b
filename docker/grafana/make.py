"""Writes the dashboards in `dashboards/`, which are never edited by hand: `python docker/grafana/make.py`."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
_WIDTH = 24
_HEIGHT = 8


class Panel(NamedTuple):
    """A panel of a dashboard.

    Attributes:
        queries: (expression, legend) pairs; @ in an expression stands for `sonic_worlds_`.
        unit: Grafana's name of the unit.
        width: in columns, of 24.
    """

    title: str
    queries: Sequence[tuple[str, str]]
    unit: str = "short"
    width: int = 12
    kind: str = "timeseries"


def _stat(title: str, query: str, unit: str = "short") -> Panel:
    return Panel(title, [(query, "")], unit, 4, "stat")


DASHBOARDS: dict[str, tuple[str, list[Panel]]] = {
    "overview": (
        "Overview",
        [
            _stat("Steps/s (60 s)", '@steps_per_second{window="60s"}'),
            _stat("Frames/s (60 s)", '@frames_per_second{window="60s"}'),
            _stat("Steps", "@steps_total"),
            _stat("Rollout actors", "@rollout_actors"),
            _stat("Restarts in an hour", "sum(increase(@restarts_total[1h]))"),
            _stat("Age of the checkpoint", "sonic_worlds:checkpoint_age_seconds", "s"),
            Panel("Steps/s", [("@steps_per_second", "{{window}}")]),
            Panel("Return of episodes", [("@extrinsic_return_mean", "game"), ("@curiosity_return_mean", "curiosity")]),
            Panel(
                "Progress and completion",
                [("@progress_mean", "progress"), ("@completion_rate", "completed")],
                "percentunit",
            ),
            Panel("Levels played", [("@levels_played", "now"), ("@levels_seen", "so far")]),
            Panel("World-model loss", [("@world_model_loss", "joint")]),
            Panel("Weights", [("@weights_version", "version")]),
        ],
    ),
    "throughput": (
        "Throughput",
        [
            Panel("Steps/s of all actors", [("@steps_per_second", "{{window}}")]),
            Panel("Steps/s of each actor", [("sonic_worlds:actor_steps:rate1m", "actor {{actor}}")]),
            Panel(
                "Rollout actors: where their time goes",
                [('sonic_worlds:phase:share1m{component="actor"}', "{{phase}}")],
                "percentunit",
            ),
            Panel(
                "Learners: where their time goes",
                [('sonic_worlds:phase:share1m{component!="actor"}', "{{component}} {{phase}}")],
                "percentunit",
            ),
            Panel("Steps trained on/s by the world model", [("@world_model_steps_per_second", "{{window}}")]),
            Panel(
                "Updates/s (60 s)",
                [
                    ('@world_model_updates_per_second{window="60s"}', "world model"),
                    ('@ppo_updates_per_second{window="60s"}', "PPO"),
                ],
            ),
            Panel(
                "Trained on, of what was sampled",
                [("@trained_share", "at least once"), ("@training_ratio", "training ratio")],
                "percentunit",
            ),
            Panel("Sequence pool", [("sonic_worlds:pool_fill:ratio", "filled")], "percentunit", 6),
            Panel("Age of its sequences", [("@pool_age_seconds", "mean")], "s", 6),
            Panel(
                "Sequences/s",
                [
                    ("rate(@sequences_total[1m])", "to the pool"),
                    ("rate(@sequences_dropped_total[1m])", "dropped"),
                    ("rate(@sequences_dropped_unseen_total[1m])", "dropped unseen"),
                    ("rate(@sequences_refused_total[1m])", "refused by actors"),
                ],
            ),
            Panel(
                "Queues",
                [("@world_model_updates_owed", "updates owed"), ("@shipments_in_flight", "shipments of sequences")],
            ),
            Panel("CPUs of each node", [("ray_node_cpu_utilization", "{{ip}}")], "percent"),
            Panel("Memory of each node", [("ray_node_mem_used", "{{ip}}")], "bytes"),
            Panel(
                "GPUs (0 without one)",
                [("ray_node_gpus_utilization or on() vector(0)", "{{ip}} {{GpuIndex}}")],
                "percent",
            ),
            Panel("GPU memory of torch", [("@world_model_gpu_bytes", "world-model learner")], "bytes"),
        ],
    ),
    "levels": (
        "Levels",
        [
            Panel("Steps/s of each level", [("sonic_worlds:level_steps:rate5m", "{{level}}")], width=24),
            Panel("Progress", [("@level_progress_mean", "{{level}}")], "percentunit"),
            Panel("Completion", [("@level_completion_rate", "{{level}}")], "percentunit"),
            Panel("Return", [("@level_extrinsic_return_mean", "{{level}}")]),
            Panel("Curiosity of a step", [("@level_curiosity_mean", "{{level}}")]),
            Panel("Trained on at least once", [("sonic_worlds:level_trained:ratio", "{{level}}")], "percentunit"),
            Panel(
                "Odds, if prioritized (else 0)",
                [("@level_probability or on() vector(0)", "{{level}}")],
                "percentunit",
            ),
            Panel("Steps by split", [("sum by (split) (@level_steps_total)", "{{split}}")], kind="bar"),
            Panel("Episodes of each level", [("@level_episodes_total", "{{level}}")], kind="bar"),
        ],
    ),
    "learning": (
        "Learning",
        [
            Panel(
                "World-model loss by part",
                [(f"@world_model_loss_{part}", part) for part in ("vae", "mdn", "inverse", "progress")],
            ),
            Panel("Joint loss", [("@world_model_loss", "moving average")]),
            Panel("Lambdas", [("@lambda", "{{component}}")]),
            Panel("Learning rate of the world model", [("@world_model_learning_rate", "")]),
            Panel("Curiosity of a step", [("@curiosity_mean", "mean"), ("@curiosity_spread", "standard deviation")]),
            Panel("Curiosity's share of the reward", [("@curiosity_share", "")], "percentunit"),
            Panel("Entropy of the policy", [("@ppo_entropy", "nats")]),
            Panel("Returns explained by the value function", [("@ppo_explained_variance", "")], "percentunit"),
            Panel(
                "Policy lag in updates",
                [(f"@policy_lag_{what}_updates", what) for what in ("min", "mean", "max")],
            ),
            Panel(
                "Staleness of weights in versions",
                [(f"@staleness_{what}", what) for what in ("mean", "max")],
            ),
            Panel("Length of episodes", [("@episode_steps_mean", "steps")]),
            Panel(
                "Updates",
                [("@world_model_updates_total", "world model"), ("@ppo_updates_total", "PPO")],
            ),
        ],
    ),
    "faults": (
        "Faults",
        [
            Panel("Restarts in 10 minutes", [("increase(@restarts_total[10m])", "{{component}}")]),
            Panel("Seconds since a sign of life", [("@heartbeat_age_seconds", "{{component}} {{actor}}")], "s"),
            Panel("Parts that hung", [("@silent_parts_total", "replaced")]),
            Panel("Rollout actors", [("@rollout_actors", "sample"), ("@rollout_actors_configured", "configured")]),
            Panel("Age of the checkpoint", [("sonic_worlds:checkpoint_age_seconds", "")], "s"),
            Panel(
                "Checkpoints",
                [("@checkpoint_seconds", "seconds to write"), ("@checkpoint_failures_total", "failed")],
            ),
            Panel("Redis", [("@store_write_seconds", "last write"), ("@publish_seconds", "last publishing")], "s"),
            Panel(
                "Redis away",
                [
                    ("@store_away", "away"),
                    ("@store_unwritten", "versions to write"),
                    ("@store_failures_total", "failed writes"),
                    ("@weights_refused_total", "versions refused"),
                ],
            ),
            Panel(
                "Numbers that are not finite",
                [
                    ("@updates_skipped_total", "updates left out: {{component}}"),
                    ("@divergences_total", "went back: {{component}}"),
                    ("@steps_not_finite_total", "actors' steps"),
                ],
            ),
            Panel("Seconds since the last iteration", [("time() - @iteration_timestamp_seconds", "")], "s"),
            Panel(
                "Alerts", [('count by (alertname) (ALERTS{alertstate="firing"}) or on() vector(0)', "{{alertname}}")]
            ),
        ],
    ),
}


def dashboard(name: str) -> dict[str, Any]:
    """Returns a dashboard as Grafana's JSON."""
    title, panels = DASHBOARDS[name]
    return {
        "uid": f"sonic-worlds-{name}",
        "title": f"Sonic Worlds: {title}",
        "tags": ["sonic-worlds"],
        "timezone": "browser",
        "schemaVersion": 41,
        "refresh": "15s",
        "time": {"from": "now-1h", "to": "now"},
        "links": [{"type": "dashboards", "tags": ["sonic-worlds"], "title": "Sonic Worlds", "asDropdown": False}],
        "panels": _placed(panels),
    }


def _placed(panels: Sequence[Panel]) -> list[dict[str, Any]]:
    placed: list[dict[str, Any]] = []
    x = y = 0
    row_height = 0
    for number, panel in enumerate(panels, 1):
        height = _HEIGHT // 2 if panel.kind == "stat" else _HEIGHT
        if x + panel.width > _WIDTH:
            x, y = 0, y + row_height
        row_height = height
        placed.append(_panel(number, panel, {"x": x, "y": y, "w": panel.width, "h": height}))
        x += panel.width
    return placed


def _panel(number: int, panel: Panel, place: dict[str, int]) -> dict[str, Any]:
    return {
        "id": number,
        "type": "bargauge" if panel.kind == "bar" else panel.kind,
        "title": panel.title,
        "datasource": {"type": "prometheus", "uid": "prometheus"},
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit}, "overrides": []},
        "options": {"reduceOptions": {"calcs": ["lastNotNull"]}} if panel.kind != "timeseries" else {},
        "targets": [
            {
                "refId": chr(ord("A") + i),
                "expr": expression.replace("@", "sonic_worlds_"),
                "legendFormat": legend or "__auto",
                "instant": panel.kind == "bar",
            }
            for i, (expression, legend) in enumerate(panel.queries)
        ],
    }


def main() -> None:
    for name in DASHBOARDS:
        text = json.dumps(dashboard(name), indent=1) + "\n"
        (HERE / "dashboards" / f"{name}.json").write_text(text)


if __name__ == "__main__":
    main()
