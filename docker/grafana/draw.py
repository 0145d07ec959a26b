"""Draws a dashboard's panels without Grafana, by its queries to a running Prometheus.

python docker/grafana/draw.py docker/grafana/dashboards/throughput.json out.png --minutes 30
"""

import argparse
import json
import math
import time
import urllib.parse
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib import dates, pyplot
from matplotlib.axes import Axes

matplotlib.use("Agg")

_GROUND, _PANEL, _TEXT, _GRID = "#111217", "#181b1f", "#ccccdc", "#2c3235"
_COLUMNS = 24
_INCHES = 0.62
_POINTS = 240
_LEGENDS = 10
_BARS = 20
_SCALES = {"percentunit": (100, "%"), "percent": (1, "%"), "bytes": (2**-30, " GiB"), "s": (1, " s"), "short": (1, "")}

Series = tuple[str, list[float], list[float]]
"""Name, Unix times and values of a series."""


def ask(prometheus: str, expression: str, begin: float, end: float) -> list[dict[str, Any]]:
    """Returns the series of a query between two Unix times.

    Raises:
        OSError: Prometheus does not answer, or does not understand the query.
    """
    step = max(1.0, (end - begin) / _POINTS)
    words = urllib.parse.urlencode({"query": expression, "start": begin, "end": end, "step": step})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{prometheus}/api/v1/query_range?{words}", timeout=30) as answer:
        return list(json.load(answer)["data"]["result"])


def series_of(prometheus: str, panel: dict[str, Any], begin: float, end: float) -> list[Series]:
    """Returns the series of a panel, with the names that Grafana would show."""
    series = []
    for target in panel["targets"]:
        for result in ask(prometheus, target["expr"], begin, end):
            times = [float(at) for at, _ in result["values"]]
            values = [float(value) for _, value in result["values"]]
            series.append((_legend(target["legendFormat"], result["metric"]), times, values))
    return series


def draw(dashboard: dict[str, Any], prometheus: str, begin: float, end: float, out: Path) -> None:
    panels = dashboard["panels"]
    rows = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels)
    figure = pyplot.figure(figsize=(_COLUMNS * _INCHES, (rows + 1.2) * _INCHES * 0.62), facecolor=_GROUND)
    figure.text(0.01, 1 - 0.5 / (rows + 1.2), dashboard["title"], color=_TEXT, fontsize=15, va="center")
    for panel in panels:
        place = panel["gridPos"]
        height = rows + 1.2
        left, width = place["x"] / _COLUMNS, place["w"] / _COLUMNS
        top, tall = (place["y"] + 1.2) / height, place["h"] / height
        edge = 0.2 / height
        box = figure.add_axes((left + 0.004, 1 - top - tall + edge, width - 0.008, tall - 2 * edge), facecolor=_PANEL)
        box.set(xticks=[], yticks=[])
        box.spines[:].set_visible(False)
        unit = 1 / height
        if panel["type"] == "stat":
            axes = box
        else:
            inner = (left + 0.04, 1 - top - tall + 1.1 * unit, width * 0.97 - 0.045, tall - 2.4 * unit)
            axes = figure.add_axes(inner, facecolor=_PANEL)
        _fill(axes, panel, series_of(prometheus, panel, begin, end))
        box.set_title(panel["title"], color=_TEXT, fontsize=9, loc="left", x=0.01, y=1 - 1.1 * unit / tall)
    figure.savefig(out, dpi=100, facecolor=_GROUND)
    pyplot.close(figure)


def _fill(axes: Axes, panel: dict[str, Any], series: list[Series]) -> None:
    scale, unit = _SCALES[panel["fieldConfig"]["defaults"]["unit"]]
    if not series:
        axes.text(0.5, 0.45, "no data", color=_GRID, ha="center", transform=axes.transAxes)
    elif panel["type"] == "stat":
        text = f"{_number(series[0][2][-1] * scale)}{unit}"
        axes.text(0.5, 0.4, text, color="#73bf69", fontsize=17, ha="center", va="center", transform=axes.transAxes)
    elif panel["type"] == "bargauge":
        # Grafana lets one scroll.
        highest = sorted(series, key=lambda one: one[2][-1])[-_BARS:]
        axes.barh([name for name, _, _ in highest], [values[-1] * scale for _, _, values in highest], color="#5794f2")
        axes.tick_params(colors=_TEXT, labelsize=6)
        axes.tick_params(axis="y", direction="in", pad=-4)
        for label in axes.get_yticklabels():
            label.set_horizontalalignment("left")
        axes.spines[:].set_visible(False)
    else:
        for name, times, values in series:
            label = name if len(series) <= _LEGENDS else None
            axes.plot([datetime.fromtimestamp(at) for at in times], [v * scale for v in values], label=label, lw=1)
        axes.tick_params(colors=_TEXT, labelsize=7)
        axes.xaxis.set_major_locator(dates.AutoDateLocator(minticks=2, maxticks=9))
        axes.xaxis.set_major_formatter(dates.DateFormatter("%H:%M:%S"))
        axes.yaxis.set_major_formatter(lambda value, _: f"{_number(value)}{unit}")
        axes.grid(color=_GRID, lw=0.6)
        axes.spines[:].set_color(_GRID)
        if any(name for name, _, _ in series) and len(series) <= _LEGENDS:
            axes.legend(fontsize=6.5, frameon=False, labelcolor=_TEXT, ncols=2, loc="best")


def _legend(form: str, labels: dict[str, str]) -> str:
    """Returns the legend of a series: Grafana's form with `{{label}}` replaced."""
    for name, value in labels.items():
        form = form.replace("{{" + name + "}}", value)
    words = form.split("{{")
    return " ".join(" ".join(word.partition("}}")[2] if i else word for i, word in enumerate(words)).split()).replace(
        "__auto", ""
    )


def _number(value: float) -> str:
    if not math.isfinite(value):
        return str(value)
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            return f"{value / (1e3 if letter == 'k' else size):.3g}{letter}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dashboard", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--prometheus", default="http://127.0.0.1:9090")
    parser.add_argument("--minutes", type=float, default=30.0)
    arguments = parser.parse_args()
    now = time.time()
    dashboard = json.loads(arguments.dashboard.read_text())
    draw(dashboard, arguments.prometheus, now - 60 * arguments.minutes, now, arguments.out)


if __name__ == "__main__":
    main()
