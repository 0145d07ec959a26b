"""The leaderboard as a picture: agents' means with their intervals, and a dot for each level."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib import pyplot

from cluster.scoring.leaderboard import Standing
from world_model.replaced_file import replacing

matplotlib.use("Agg")

_STYLE: Any = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.spines.left": False}
_BAR, _DOT = "#2563eb", "#d97706"


def write_plot(file: Path, standings: Sequence[Standing], steps: int) -> None:
    """Writes the PNG, under a temporary name first. Agents without a score are left out."""
    shown = [standing for standing in standings if standing.overall.mean is not None]
    with matplotlib.rc_context(_STYLE):
        figure, axes = pyplot.subplots(figsize=(7.0, 1.2 + 0.45 * max(1, len(shown))))
        for place, standing in enumerate(shown):
            overall = standing.overall
            axes.barh(place, overall.mean or 0.0, 0.6, color=_BAR, alpha=0.3)
            axes.errorbar(overall.mean or 0.0, place, xerr=overall.interval or 0.0, fmt="|", color=_BAR, capsize=4)
            dots = [score.mean for score in standing.levels.values() if score.mean is not None]
            axes.scatter(dots, [place] * len(dots), s=10, color=_DOT, alpha=0.7, linewidths=0, zorder=3)
        # No agent's name is a formula.
        axes.set_yticks(range(len(shown)), [standing.agent.replace("$", r"\$") for standing in shown])
        axes.invert_yaxis()
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x", alpha=0.25)
        axes.set_xlabel(f"mean return over {steps:,} steps: bar with 95% interval over seeds; a dot for each level")
        with replacing(file) as beside:
            figure.savefig(beside, format="png", dpi=150, bbox_inches="tight")
        pyplot.close(figure)
