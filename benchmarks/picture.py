"""Saves pictures so that the same figures give the same file."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save(figure: "Figure", file: Path) -> None:
    """Writes a figure as SVG, without a date and with names that do not change, and closes it."""
    import matplotlib
    import matplotlib.pyplot as plt

    file.parent.mkdir(exist_ok=True)
    with matplotlib.rc_context({"svg.hashsalt": "sonic-worlds"}):
        figure.savefig(file, format="svg", metadata={"Date": None})
    plt.close(figure)
