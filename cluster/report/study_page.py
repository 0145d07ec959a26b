"""A study's results as tables: one HTML page, and lines for a terminal."""

from pathlib import Path

from cluster.report.page import figures, heading, note, page, table
from cluster.report.plots import data_url
from cluster.report.study_plots import write_plots
from cluster.scoring.result import RunResult
from cluster.scoring.statistics import Estimate
from cluster.scoring.study_results import StudyResults
from world_model.replaced_file import replace_text

_MEASURED = {"score": "Score by the contest's rules", "passed": "Share of episodes that passed their barrier"}
_AVERAGES = {"score": "IQM", "passed": "share"}
_FORMS = {"score": ",.0f", "passed": ".3f"}
Table = tuple[tuple[str, ...], list[tuple[str, ...]]]
"""Headings, and rows of cells."""


def write_page(results: StudyResults, folder: Path) -> Path:
    """Writes study.html, under a temporary name first, and the PNG files that it shows."""
    study = results.study
    pictures = [(title, data_url("image/png", file.read_bytes())) for title, file in write_plots(results, folder)]
    sections = [
        (
            "Scores",
            [
                note(
                    f"{_MEASURED[study.measure]}, {study.episodes} episodes of each level, after the last step."
                    " Interquartile means over seeds and levels with 95% intervals (stratified bootstrap), and plain"
                    " means. p: that the seeds' means differ so by chance (exact Mann-Whitney test, two-sided)."
                ),
                *(part for group in results.groups for part in (heading(group), table(*scores(results, group)))),
            ],
        ),
        ("Curves", [figures(pictures)]),
        ("Levels", [note("Mean score over seeds and episodes, after the last step."), table(*_levels(results))]),
        ("Runs", [table(*_runs(results))]),
        ("Variants", [table(*_variants(results))]),
    ]
    file = folder / "study.html"
    replace_text(file, page(f"Sonic Worlds: study {study.name}", sections))
    return file


def scores(results: StudyResults, group: str) -> Table:
    """Makes the table of scores on a group of levels, with a row for each variant."""
    number = len(results.groups[group])
    headings = ["variant", "seeds", f"{_AVERAGES[results.study.measure]} of {number} levels", "95%", "mean"]
    if len(results.runs) > 1:
        headings += [f"better than {results.first}", "95%", "p"]
    eyes = results.eyes
    if eyes:
        headings += ["of perfect eyes"]
    form = _FORMS[results.study.measure]
    rows = []
    for name, runs in results.runs.items():
        estimate = results.estimate(name, group)
        row = [name, str(len(runs)), f"{estimate.value:{form}}", _interval(estimate, form)]
        row += [f"{results.mean(name, group):{form}}"]
        if name != results.first:
            better = results.improvement(name, group)
            row += [f"{better.value:.2f}", _interval(better, ".2f"), f"{results.p_value(name, group):.3f}"]
        elif len(results.runs) > 1:
            row += ["–", "–", "–"]
        if eyes:
            whole = results.estimate(eyes, group).value
            row += [f"{estimate.value / whole:.2f}" if whole else "–"]
        rows.append(tuple(row))
    return tuple(headings), rows


def _levels(results: StudyResults) -> Table:
    names = list(results.runs)
    form = _FORMS[results.study.measure]
    rows = [
        (level.state, *(f"{results.matrix(name, [level]).mean():{form}}" for name in names))
        for level in results.groups["all levels"]
    ]
    return ("level", *names), rows


def _runs(results: StudyResults) -> Table:
    headings: tuple[str, ...] = (
        "run",
        "steps",
        "seconds",
        "CPU seconds",
        "steps/s",
        "steps/CPU s",
        "commit",
        "processor",
        "bfloat16",
    )
    rows: list[tuple[str, ...]] = [
        (
            f"{name}-s{run.seed}",
            f"{run.steps:,}",
            f"{run.wall_seconds:,.0f}",
            f"{run.cpu_seconds:,.0f}",
            *_speeds(run),
            run.commit[:9] + run.commit[40:],
            f"{run.cores} of {run.processor}",
            "yes" if run.bfloat16 else "no",
        )
        for name, runs in results.runs.items()
        for run in runs
    ]
    return headings, rows


def _speeds(run: RunResult) -> tuple[str, str]:
    """Returns steps per second of wall-clock time and of processor time, of training alone."""
    if not run.curve:
        return "–", "–"
    steps, wall, cpu, _ = run.curve[-1]
    return f"{steps / wall:,.0f}" if wall else "–", f"{steps / cpu:,.0f}" if cpu else "–"


def _variants(results: StudyResults) -> Table:
    rows: list[tuple[str, ...]] = []
    for variant in results.variants:
        changes = ", ".join(f"{key} {value}" for key, value in variant.changes.items())
        rows.append((variant.name, variant.rival or "ours", changes or "–"))
    return ("variant", "agent", "other than the defaults"), rows


def _interval(estimate: Estimate, form: str) -> str:
    return f"{estimate.low:{form}} to {estimate.high:{form}}"
