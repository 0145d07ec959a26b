"""The commands `sonic-worlds report` and `sonic-worlds compare`."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from cluster.config.errors import UsageError
from cluster.config.extras import require_extra
from cluster.config.output_file import require_writable
from cluster.host.elsewhere import elsewhere
from cluster.run.history import read_history


@dataclass(frozen=True)
class ReportArguments:
    """Write one HTML file about a run, which needs no network and no other file."""

    run: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")]
    """Folder of the run, which may be training meanwhile."""
    out: Path | None = None
    """HTML file to write. None: report.html in the run's folder."""


@dataclass(frozen=True)
class CompareArguments:
    """Write one HTML file about several runs, side by side."""

    runs: Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="RUN")]
    """Folders of two or more runs."""
    out: Path = Path("compare.html")
    """HTML file to write."""


def report_command(arguments: ReportArguments) -> int:
    """Writes a run's report; returns the exit code.

    Raises:
        UsageError: the arguments are wrong, or the extra `plots` is not installed.
    """
    require_extra("report", "plots")
    history = read_history(arguments.run)
    out = arguments.out or history.path / "report.html"
    _require_html(out)
    print(f"{history.path}: drawing the report", file=sys.stderr)
    # Here, so that bad input is answered before matplotlib and torch are loaded, which takes seconds.
    with elsewhere():
        from cluster.report.report import write_report

    write_report(history, out)
    print(f"the report is in {out}")
    return 0


def compare_command(arguments: CompareArguments) -> int:
    """Writes a comparison of runs; returns the exit code.

    Raises:
        UsageError: the arguments are wrong, or the extra `plots` is not installed.
    """
    if len(arguments.runs) < 2:
        raise UsageError("compare: name two runs or more")
    require_extra("compare", "plots")
    histories = [read_history(run) for run in arguments.runs]
    _require_html(arguments.out)
    print(f"drawing the comparison of {len(histories)} runs", file=sys.stderr)
    with elsewhere():
        from cluster.report.comparison import write_comparison

    write_comparison(histories, arguments.out)
    print(f"the comparison is in {arguments.out}")
    return 0


def _require_html(out: Path) -> None:
    if out.suffix.lower() != ".html":
        raise UsageError(f"--out {out}: its name must end in .html")
    require_writable("--out", out)
