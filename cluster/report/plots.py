"""The report's plots, as data URLs for a page."""

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from cycler import cycler
from markupsafe import Markup
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from cluster.report.page import line

matplotlib.use("Agg")

Line = tuple[str, Sequence[float], Sequence[float | None]]
"""Name, x and y of a curve; y is None where there is no value."""

_INCHES = (6.2, 2.7)
COLOURS = ("#2563eb", "#d97706", "#059669", "#dc2626", "#7c3aed", "#0891b2", "#be185d", "#65a30d")
STYLE: Any = {
    # Letters stay letters: small files that can be searched.
    "svg.fonttype": "none",
    "svg.hashsalt": "sonic-worlds",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "axes.prop_cycle": cycler(color=COLOURS),
}


def curves(lines: Sequence[Line], what: str, x: str = "steps", logarithmic: bool = False) -> str:
    """Plots lines over x.

    Args:
        what: name of the y axis.
        x: name of the x axis.
        logarithmic: scale of the y axis.

    Returns:
        A data URL.
    """
    with matplotlib.rc_context(STYLE):
        figure, axes = pyplot.subplots(figsize=_INCHES)
        for name, xs, ys in lines:
            axes.plot(xs, [np.nan if y is None else y for y in ys], label=plain(name), lw=1.4)
        if logarithmic:
            axes.set_yscale("symlog")
        return _finished(figure, axes, what, x, len(lines) > 1)


def shares(parts: Mapping[str, Sequence[float]], xs: Sequence[float], what: str) -> str:
    """Plots parts of a whole, stacked, over steps; returns a data URL."""
    with matplotlib.rc_context(STYLE):
        figure, axes = pyplot.subplots(figsize=_INCHES)
        values = np.array(list(parts.values()), float)
        whole = values.sum(0)
        axes.stackplot(xs, 100 * values / np.where(whole > 0, whole, 1), labels=list(parts), alpha=0.85)
        axes.set_ylim(0, 100)
        return _finished(figure, axes, what, "steps", True)


def plain(name: str) -> str:
    """Returns a user's name so that matplotlib does not read it as a formula."""
    return name.replace("$", r"\$")


def spark(ys: Sequence[float | None], width: int = 120, height: int = 24) -> Markup:
    """Makes a small line without axes, as SVG."""
    known = [(i, y) for i, y in enumerate(ys) if y is not None]
    if len(known) < 2:
        return Markup()
    low, high = min(y for _, y in known), max(y for _, y in known)
    last = max(1, len(ys) - 1)
    points = " ".join(
        f"{i / last * width:.1f},{height - 2 - (y - low) / ((high - low) or 1) * (height - 4):.1f}" for i, y in known
    )
    return line(points, width, height, COLOURS[0])


def _finished(figure: Figure, axes: Axes, what: str, x: str, legend: bool) -> str:
    axes.set_ylabel(what)
    axes.set_xlabel(x)
    axes.margins(x=0.01)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value / 1000:g}k" if value >= 1000 else f"{value:g}")
    if legend:
        figure.legend(loc="outside upper center", ncols=5, frameon=False, fontsize=8)
    file = io.StringIO()
    figure.savefig(file, format="svg", bbox_inches="tight", metadata={"Date": None})
    pyplot.close(figure)
    # As a picture: ids inside the SVG would clash with those of the page's other plots.
    return data_url("image/svg+xml", file.getvalue().encode())


def data_url(kind: str, content: bytes) -> str:
    """Returns the data URL of a file's content."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
