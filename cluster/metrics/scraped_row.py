"""Reads the newest row of a run from its Prometheus endpoint."""

import math
import urllib.request
from itertools import chain
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from cluster.config.errors import UsageError
from cluster.metrics.catalogue import CATALOGUE, PREFIX, LevelMetric

_SECONDS = 10.0


def scraped_row(url: str) -> dict[str, Any]:
    """Returns a row as in metrics.jsonl, without heartbeats, and with all levels ever played.

    Args:
        url: http://HOST:PORT.

    Raises:
        UsageError: nothing answers there, or it is no run of this software.
    """
    try:
        with urllib.request.urlopen(f"{url.rstrip('/')}/metrics", timeout=_SECONDS) as answer:
            text = answer.read().decode()
        samples = {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
    except (OSError, ValueError) as error:
        raise UsageError(f"RUN {url} does not answer as a run's --metrics-port does: {error}") from error
    row: dict[str, Any] = {}
    levels: dict[str, dict[str, Any]] = {}
    level_keys = [
        metric.keys[()] for metric in chain.from_iterable(CATALOGUE.values()) if isinstance(metric, LevelMetric)
    ]
    for metric in chain.from_iterable(CATALOGUE.values()):
        if isinstance(metric, LevelMetric):
            for (name, labels), value in samples.items():
                if name == PREFIX + metric.name:
                    level = dict(labels)
                    known = levels.setdefault(f"{level['game']}/{level['level']}", dict.fromkeys(level_keys))
                    known[metric.keys[()]] = _number(value)
        else:
            for values, key in metric.keys.items():
                labels = tuple(sorted(zip(metric.labels, values, strict=True)))
                row[key] = _number(samples.get((PREFIX + metric.name, labels)))
    if row["steps_total"] is None:
        raise UsageError(f"RUN {url} has no finished iteration yet, or is no run of ours")
    return row | {"levels": levels}


def _number(value: float | None) -> float | None:
    """Returns a sample's value, as an integer where it is whole; None if there is none, or it is not finite."""
    if value is None or not math.isfinite(value):
        return None
    return int(value) if value == int(value) else value
