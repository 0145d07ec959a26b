"""The combined results of a study's finished runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from actors.games.levels import Level, select_levels
from cluster.scoring.level_groups import level_groups
from cluster.scoring.result import RunResult
from cluster.scoring.statistics import Estimate, Matrix, interquartile_mean, mean, p_value, probability_of_improvement
from cluster.scoring.study_file import Study, Variant


@dataclass(frozen=True)
class Curve:
    """The learning curve of a variant.

    Attributes:
        steps, wall_seconds, cpu_seconds: means over the seeds.
        scores: interquartile means.
    """

    steps: list[float]
    wall_seconds: list[float]
    cpu_seconds: list[float]
    scores: list[Estimate]


class StudyResults:
    """
    Attributes:
        runs: by variant, in order of the study; variants without a finished run are left out.
    """

    def __init__(self, study: Study, runs: Sequence[RunResult]) -> None:
        self.study = study
        by_variant = {v.name: [run for run in runs if run.variant == v.name] for v in study.variants}
        self.runs = {name: its for name, its in by_variant.items() if its}
        # Each takes thousands of draws, and tables ask for some again and again.
        self._estimates: dict[tuple[str, str, int | None], Estimate] = {}

    @cached_property
    def groups(self) -> dict[str, list[Level]]:
        return level_groups(select_levels(self.study.levels), self.study.trained_on())

    @property
    def first(self) -> str:
        """Name of the variant that others are compared with."""
        return next(iter(self.runs))

    @property
    def variants(self) -> list[Variant]:
        """Variants with finished runs."""
        return [variant for variant in self.study.variants if variant.name in self.runs]

    @property
    def eyes(self) -> str | None:
        """Name of the variant with perfect eyes, if there is one: that with the same PPO as ours, if there are both."""
        by_rival = {variant.rival: variant.name for variant in self.variants}
        return by_rival.get("sb3-eyes-same-ppo", by_rival.get("sb3-eyes"))

    def learns(self, variant: str) -> bool:
        return self.runs[variant][0].steps > 0

    def matrix(self, variant: str, levels: Sequence[Level], count: int | None = None) -> Matrix:
        """Returns scores after a number of steps, None for the last; a variant that does not learn has only one."""
        rows = []
        for run in self.runs[variant]:
            evaluation = next((e for e in run.evaluations if e.count == count), run.evaluations[-1])
            rows.append([np.mean(evaluation.scores[str(level)]) for level in levels])
        return np.array(rows, float)

    def estimate(self, variant: str, group: str, count: int | None = None) -> Estimate:
        """Returns the interquartile mean of scores over seeds and levels; for barriers the mean share of passes."""
        key = variant, group, count
        if key not in self._estimates:
            average = interquartile_mean if self.study.measure == "score" else mean
            self._estimates[key] = average(self.matrix(variant, self.groups[group], count))
        return self._estimates[key]

    def mean(self, variant: str, group: str) -> float:
        """Returns the plain mean after the last step."""
        return float(self.matrix(variant, self.groups[group]).mean())

    def improvement(self, variant: str, group: str) -> Estimate:
        """Returns the probability of improvement over the first variant, after the last step."""
        levels = self.groups[group]
        return probability_of_improvement(self.matrix(variant, levels), self.matrix(self.first, levels))

    def p_value(self, variant: str, group: str) -> float:
        """Returns the p-value of the difference from the first variant, after the last step."""
        levels = self.groups[group]
        return p_value(self.matrix(variant, levels), self.matrix(self.first, levels))

    def curve(self, variant: str, group: str) -> Curve:
        """Returns the learning curve of a variant that learns, over its evaluations."""
        runs, counts = self.runs[variant], self.study.evaluate_at
        steps = np.array([[evaluation.steps for evaluation in run.evaluations] for run in runs], float)
        costs = np.array([[_costs(run, int(s)) for s in row] for run, row in zip(runs, steps, strict=True)])
        wall, cpu = costs.mean(0).T
        scores = [self.estimate(variant, group, count) for count in counts]
        return Curve(steps.mean(0).tolist(), wall.tolist(), cpu.tolist(), scores)


def _costs(run: RunResult, steps: int) -> tuple[float, float]:
    """Returns wall-clock seconds and seconds of processor time until a number of steps was done."""
    done, wall, cpu, _ = zip(*run.curve, strict=True)
    return float(np.interp(steps, [0, *done], [0, *wall])), float(np.interp(steps, [0, *done], [0, *cpu]))
