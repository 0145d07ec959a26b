"""A study's pictures, as PNG files."""

from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cluster.report.plots import COLOURS, STYLE
from cluster.scoring.statistics import Estimate
from cluster.scoring.study_results import StudyResults
from world_model.replaced_file import replacing

matplotlib.use("Agg")

_STEPS, _WALL, _CPU = "steps", "seconds by the clock", "seconds of processor time"


def write_plots(results: StudyResults, folder: Path) -> list[tuple[str, Path]]:
    """Writes all pictures, each under a temporary name first; returns their titles and files."""
    made: list[tuple[str, Path]] = []
    groups: list[str] = [name for name in ("trained on", "not trained on") if name in results.groups] or ["all levels"]
    for group in groups:
        title = f"Score of levels {group}" if group != "all levels" else "Score of all levels"
        for x in (_STEPS, _WALL, _CPU):
            made.append((f"{title}, over {x}", _scores(results, group, x, folder)))
    for number, x in enumerate((_STEPS, _WALL, _CPU)):
        made.append((f"Return of the last 100 episodes of training, over {x}", _returns(results, number, x, folder)))
    made.append(("Interquartile means with 95% intervals", _intervals(results, folder)))
    if len(results.runs) > 1:
        made.append((f"Probability of improvement over {results.first}", _improvements(results, folder)))
    return made


def _scores(results: StudyResults, group: str, x: str, folder: Path) -> Path:
    figure, axes = _canvas()
    for colour, name in zip(_colours(results), results.runs, strict=True):
        if results.learns(name):
            curve = results.curve(name, group)
            xs = {_STEPS: curve.steps, _WALL: curve.wall_seconds, _CPU: curve.cpu_seconds}[x]
            axes.plot(xs, [score.value for score in curve.scores], marker="o", ms=3, lw=1.4, color=colour, label=name)
            low, high = [score.low for score in curve.scores], [score.high for score in curve.scores]
            axes.errorbar(xs, *_bars(curve.scores), fmt="none", color=colour, capsize=2, lw=1)
            axes.fill_between(xs, low, high, color=colour, alpha=0.15, lw=0)
        else:
            axes.axhline(results.estimate(name, group).value, color=colour, ls="--", lw=1.2, label=name)
    axes.set_ylabel(f"interquartile mean, {results.study.measure}")
    return _saved(figure, axes, x, folder / f"score-{_plain(group)}-over-{_plain(x)}.png")


def _returns(results: StudyResults, column: int, x: str, folder: Path) -> Path:
    """Draws the return in training, with a thin line for each seed; returns the file."""
    figure, axes = _canvas()
    for colour, (name, runs) in zip(_colours(results), results.runs.items(), strict=True):
        for number, run in enumerate(run for run in runs if run.curve):
            label = name if number == 0 else None
            ys = [np.nan if row[3] is None else row[3] for row in run.curve]
            xs = [row[column] or 0.0 for row in run.curve]
            axes.plot(xs, ys, lw=0.9, color=colour, label=label)
    axes.set_ylabel("return")
    return _saved(figure, axes, x, folder / f"return-over-{_plain(x)}.png")


def _intervals(results: StudyResults, folder: Path) -> Path:
    return _dots(results, list(results.runs), results.estimate, "interquartile mean score", folder / "intervals.png")


def _improvements(results: StudyResults, folder: Path) -> Path:
    others = [name for name in results.runs if name != results.first]
    what = f"probability to be better than {results.first}"
    return _dots(results, others, results.improvement, what, folder / "improvement.png", middle=0.5)


def _dots(
    results: StudyResults,
    names: Sequence[str],
    estimate: Callable[[str, str], Estimate],
    what: str,
    file: Path,
    middle: float | None = None,
) -> Path:
    """Draws estimates with their intervals: a row for each group of levels, in it one for each variant."""
    groups = list(results.groups)
    colours = dict(zip(results.runs, _colours(results), strict=True))
    height = 1.2 + 0.18 * len(groups) * (len(names) + 1)
    figure, axes = _canvas(height)
    for row, name in enumerate(names):
        estimates = [estimate(name, group) for group in groups]
        ys = [place * (len(names) + 1) + row for place in range(len(groups))]
        values, bars = _bars(estimates)
        axes.errorbar(values, ys, xerr=bars, fmt="o", ms=4, capsize=2, lw=1, color=colours[name], label=name)
    axes.set_yticks([place * (len(names) + 1) + (len(names) - 1) / 2 for place in range(len(groups))], groups)
    axes.invert_yaxis()
    if middle is not None:
        axes.axvline(middle, color="#6b7280", lw=1, ls=":")
    return _saved(figure, axes, what, file)


def _bars(estimates: Sequence[Estimate]) -> tuple[list[float], list[list[float]]]:
    """Returns values and the lengths of their error bars; a value outside its interval has a bar on one side only."""
    below, above = [max(0.0, e.value - e.low) for e in estimates], [max(0.0, e.high - e.value) for e in estimates]
    return [e.value for e in estimates], [below, above]


def _canvas(height: float = 3.2) -> tuple[Figure, Axes]:
    with matplotlib.rc_context(STYLE):
        return pyplot.subplots(figsize=(6.6, height), layout="constrained")


def _colours(results: StudyResults) -> list[str]:
    return [COLOURS[number % len(COLOURS)] for number in range(len(results.runs))]


def _plain(words: str) -> str:
    return words.replace(",", "").replace(" ", "-")


def _saved(figure: Figure, axes: Axes, x: str, file: Path) -> Path:
    axes.set_xlabel(x)
    handles, _ = axes.get_legend_handles_labels()
    if handles:
        figure.legend(loc="outside upper center", ncols=4, frameon=False, fontsize=8)
    with replacing(file) as beside:
        figure.savefig(beside, format="png", dpi=130)
    pyplot.close(figure)
    return file
