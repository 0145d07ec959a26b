"""What was asked of learning, beside what the files in results/ say."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from actors.games.levels import select_levels
from benchmarks.shipped_agent.courses import finished_share
from benchmarks.shipped_agent.evaluated import scores_by_level
from cluster.scoring.level_groups import level_groups
from cluster.scoring.probe_truths import MEASURE_NAMES, MEASURES
from cluster.scoring.study_results import StudyResults

Row = tuple[str, str, str, str]
"""What, what was asked, what was measured, and by how many seeds."""

TRAINED, OTHERS = "trained on", "not trained on"
OURS, EYES, PIXELS = "ours", "perfect-eyes-same-ppo", "pixels"
_SCORES = {"short": 2800, "curves": 3500, "long": 4200}
"""Least mean of validation levels after a study's steps."""
_RIVALS = ("curves", "long")
"""Studies in which rivals are asked for."""
_OF_EYES = 0.9
"""Least share of the score of perfect eyes on training levels."""
_KNOWN = {"terrain_ahead": 0.75, "speed_y": 0.8, "hazard_ahead": 0.9}
"""Least measures of probes from [z, h] on validation levels."""
_SHIPPED = 5000


def rows(studies: Mapping[str, StudyResults], results: Path) -> list[Row]:
    """Makes the rows of the table.

    Args:
        studies: results of the studies that have any, by name.
        results: folder of probes and of the shipped agent's scores.
    """
    made: list[Row] = []
    for name, least in _SCORES.items():
        if (study := studies.get(name)) and OURS in study.runs:
            score, seeds = study.mean(OURS, OTHERS), len(study.runs[OURS])
            made.append(_row(f"validation levels after {study.study.steps:,} steps", least, score, ",.0f", seeds))
    beside = [study for name in _RIVALS if (study := studies.get(name)) and OURS in study.runs]
    made += [_of_eyes(study) for study in beside if EYES in study.runs]
    made += [_beside_pixels(study, group) for study in beside if PIXELS in study.runs for group in (TRAINED, OTHERS)]
    probe = results / "probes" / "gaze.json"
    if probe.exists():
        known = json.loads(probe.read_text())
        for truth, bound in _KNOWN.items():
            kind = MEASURES[truth]
            what = f"{truth.replace('_', ' ')}, {MEASURE_NAMES[kind]} from [z, h]"
            made.append(_row(what, bound, known[truth][kind]["zh"], ".2f", 1))
    if (results / "pretrained.json").exists():
        made += _shipped(scores_by_level(results / "pretrained.json"))
    return made


def _row(what: str, least: float, measured: float, form: str, seeds: int) -> Row:
    verdict = "reached" if measured >= least else "missed"
    return what, f"{least:{form}}", f"{measured:{form}}, {verdict}", str(seeds)


def _of_eyes(study: StudyResults) -> Row:
    share = study.estimate(OURS, TRAINED).value / study.estimate(EYES, TRAINED).value
    what = f"of perfect eyes with the same PPO, training levels, after {study.study.steps:,} steps"
    return _row(what, _OF_EYES, share, ".2f", min(len(study.runs[OURS]), len(study.runs[EYES])))


def _beside_pixels(study: StudyResults, group: str) -> Row:
    ours, theirs = study.estimate(OURS, group), study.estimate(PIXELS, group)
    verdict = "reached" if ours.low > theirs.high else "missed"
    if min(len(study.runs[OURS]), len(study.runs[PIXELS])) < 2:
        verdict = "not shown: one seed has no interval"
    what = f"better than PPO from pixels, levels {group}, after {study.study.steps:,} steps"
    seeds = f"{len(study.runs[OURS])} and {len(study.runs[PIXELS])}"
    return what, "intervals apart", f"{ours.value:,.0f} and {theirs.value:,.0f}, {verdict}", seeds


def _shipped(by_level: Mapping[str, list[float]]) -> list[Row]:
    levels = select_levels("windup-validation")
    without = level_groups(levels, [])["not trained on, without barriers"]
    means = [float(np.mean(by_level[str(level)])) for level in levels]
    best = max(finished_share(by_level[str(level)]) for level in without)
    return [
        _row("the shipped agent on validation levels", _SHIPPED, float(np.mean(means)), ",.0f", 1),
        _row("episodes in which it finishes its best one of those without a barrier", 0.5, best, ".0%", 1),
    ]
