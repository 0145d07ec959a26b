"""A study's pictures, as PNG files."""

from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from cluster.report.plots import COLOURS, STYLE
from cluster.scoring.result import RunResult
from cluster.scoring.statistics import Estimate
from cluster.scoring.study_results import StudyResults
from world_model.replaced_file import replacing

matplotlib.use("Agg")

_STEPS, _WALL, _CPU = OVER = ("steps", "seconds by the clock", "seconds of processor time")
_CURVE_POINTS = 100


def write_plots(results: StudyResults, folder: Path) -> list[tuple[str, Path]]:
    """Writes all pictures, each under a temporary name first; returns their titles and files."""
    made: list[tuple[str, Path]] = []
    groups: list[str] = [name for name in ("trained on", "not trained on") if name in results.groups] or ["all levels"]
    for group in groups:
        title = f"Score of levels {group}" if group != "all levels" else "Score of all levels"
        for x in OVER:
            made.append((f"{title}, over {x}", draw_scores(results, group, x, folder)))
    for x in OVER:
        title = f"Return of the last 100 episodes of training, over {x}"
        made.append((title, draw_returns(results, x, folder)))
    made.append(("Interquartile means with 95% intervals", _intervals(results, folder)))
    if len(results.runs) > 1:
        made.append((f"Probability of improvement over {results.first}", _improvements(results, folder)))
    return made


def draw_scores(results: StudyResults, group: str, x: str, folder: Path) -> Path:
    """Draws the scores of a group of levels over one of `OVER`; returns the file in the folder."""
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
    axes.set_ylabel(_scored(results))
    return _saved(figure, axes, x, folder / f"score-{_plain(group)}-over-{_plain(x)}.png")


def _scored(results: StudyResults) -> str:
    return "interquartile mean score" if results.study.measure == "score" else "share passed"


def draw_returns(results: StudyResults, x: str, folder: Path) -> Path:
    """Draws the return in training over one of `OVER`: the mean of a variant's seeds, in a band of all of them."""
    figure, axes = _canvas()
    for colour, (name, runs) in zip(_colours(results), results.runs.items(), strict=True):
        curves = [curve for run in runs if len(curve := _return_over(run, OVER.index(x)))]
        if not curves:
            continue
        # Where all seeds have a return.
        xs = np.linspace(max(curve[0, 0] for curve in curves), min(curve[-1, 0] for curve in curves), _CURVE_POINTS)
        ys = np.array([np.interp(xs, *curve.T) for curve in curves])
        axes.plot(xs, ys.mean(0), lw=1.4, color=colour, label=name)
        axes.fill_between(xs, ys.min(0), ys.max(0), color=colour, alpha=0.15, lw=0)
    axes.set_ylabel("return")
    return _saved(figure, axes, x, folder / f"return-over-{_plain(x)}.png")


def _return_over(run: RunResult, column: int) -> NDArray[np.float64]:
    """Returns [rows, 2]: steps or seconds, and the return there; rows without a return are left out."""
    return np.array([(row[column] or 0.0, row[3]) for row in run.curve if row[3] is not None], float)


def _intervals(results: StudyResults, folder: Path) -> Path:
    return _dots(results, list(results.runs), results.estimate, _scored(results), folder / "intervals.png")


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
