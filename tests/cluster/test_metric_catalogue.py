"""The catalogue of metrics: complete and bounded."""

import json
import re
from itertools import chain
from typing import Any

import pytest

from actors.games.levels import SPLITS
from cluster.metrics.catalogue import CATALOGUE, Metric
from cluster.metrics.throughput import WINDOWS

METRICS = list(chain.from_iterable(CATALOGUE.values()))
LABELS = {"level", "game", "actor", "component", "split", "phase", "window"}


def _row(levels: int, actors: int) -> dict[str, Any]:
    """A row that has everything."""
    keys = {key for metric in METRICS for labels, key in metric.keys.items() if labels or "level_" not in metric.name}
    level_keys = {metric.keys[()] for metric in METRICS if metric.name.startswith("level_")}
    names = [str(level) for split in SPLITS.values() for level in split][:levels]
    parts = ["world-model learner", "PPO learner", "parameter server"]
    return {
        **dict.fromkeys(keys, 1.0),
        "levels": {name: dict.fromkeys(level_keys, 1.0) for name in names},
        "heartbeats": dict.fromkeys([*parts, *(f"rollout actor {i + 1}" for i in range(actors))], 0.5),
    }


def _series(row: dict[str, Any]) -> list[tuple[str, tuple[str, ...]]]:
    return [(metric.name, labels) for metric in METRICS for labels, _ in metric.values(row)]


def test_58_levels_and_64_actors_are_a_bounded_number_of_series() -> None:
    series = _series(_row(58, 64))
    assert len(series) == len(set(series))
    assert len(series) < 1000
    # Nothing but levels and actors makes it grow.
    by_level = sum(metric.name.startswith("level_") for metric in METRICS)
    assert len(series) - len(_series(_row(57, 63))) == by_level + 1


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_names_are_of_one_scheme(metric: Metric) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*[a-z0-9]", metric.name)
    assert set(metric.labels) <= LABELS
    assert len(set(metric.labels)) == len(metric.labels)
    # A name says what it is a total or a number of.
    assert metric.counter == (metric.name.endswith("_total"))
    assert all(len(labels) in (0, len(metric.labels)) for labels in metric.keys)
    assert metric.help
    assert not metric.help.endswith(".")


def test_heartbeats_have_the_actors_number() -> None:
    (metric,) = [metric for metric in METRICS if metric.name == "heartbeat_age_seconds"]
    row = {"heartbeats": {"PPO learner": 1.5, "rollout actor 12": 0.25}}
    assert dict(metric.values(row)) == {("ppo_learner", ""): 1.5, ("rollout_actor", "12"): 0.25}


def test_what_a_row_lacks_is_no_series() -> None:
    assert _series({}) == []
    assert _series({"steps_total": 3, "progress_mean": None}) == [("steps_total", ())]


def test_speeds_have_all_windows() -> None:
    row = {f"steps_per_second_{window}s": float(window) for window in WINDOWS}
    (metric,) = [metric for metric in METRICS if metric.name == "steps_per_second"]
    assert dict(metric.values(row | {"steps_per_second": 1.0})) == {
        ("iteration",): 1.0,
        ("10s",): 10.0,
        ("60s",): 60.0,
        ("300s",): 300.0,
    }


def numbers_without_a_metric(row: dict[str, Any]) -> set[str]:
    """Numbers in a row, and in its levels, that the catalogue does not have."""
    known = {key for metric in METRICS for key in metric.keys.values()}
    result = {key for key, value in row.items() if isinstance(value, int | float)}
    levels = {key for level in json.loads(json.dumps(row["levels"])).values() for key in level}
    return (result | levels) - known
