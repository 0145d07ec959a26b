"""The end of a run: logs of a failed run, the report, and the last lines of output."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cluster.config.config import TrainConfig
from cluster.config.extras import missing_extra
from cluster.host.elsewhere import elsewhere
from cluster.host.ray_cluster import keep_logs
from cluster.metrics.live_view import View
from cluster.run.folder import RunFolder


@contextmanager
def logs_kept(temporary: Path, run: RunFolder) -> Iterator[None]:
    """A context that keeps the logs of all processes if the run fails, and names them in the error."""
    try:
        yield
    except Exception as error:
        keep_logs(temporary, run.logs)
        error.add_note(f"the logs of all processes are in {run.path / 'logs'}")
        raise


def report(run: RunFolder, view: View) -> bool:
    """Writes the report; returns whether it is written. A failure is only a warning: the run itself is saved."""
    try:
        if missing := missing_extra("plots"):
            view.say(f"warning: no report is written: {missing}")
            return False
        # Here, because what draws takes seconds to load.
        with elsewhere():
            from cluster.report.report import write_report
        from cluster.run.history import read_history

        write_report(read_history(run.path), run.path / "report.html")
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        view.say(f"warning: the report cannot be written: {reason}")
        return False
    return True


def last_words(config: TrainConfig, run: RunFolder, row: dict[str, Any], stopped: bool, reported: bool) -> str:
    """Returns lines that list the run's files, and the command that goes on.

    Args:
        row: the newest row of metrics.
        stopped: whether the run ended before `config.steps`.
        reported: whether the report is written.
    """
    new = {"steps": config.steps if stopped else 2 * config.steps}
    # Quoted for a shell.
    path = shlex.quote(str(run.path))
    emulator = " --emulator local" if config.emulator.kind == "attached" else ""
    return "\n".join(
        [
            f"{'stopped' if stopped else 'done'} after {row['steps_total']:,} steps; everything is in {run.path}:",
            "  config.yaml    the resolved configuration",
            "  metrics.jsonl  one line per iteration",
            "  checkpoints/   the newest and the best; each holds the world model as safetensors",
            *(["  report.html    open it in a browser"] if reported else []),
            f"  tensorboard/   tensorboard --logdir {path}",
            f"next: sonic-worlds train --resume {path} --steps {new['steps']}{emulator}",
        ]
    )
