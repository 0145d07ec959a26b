"""A run under way whose newest metrics are watched."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.process_tree import descendants
from cluster.commands.status import newest_row
from tests.runs import Process, check_never_back, interrupt, rows

Row = dict[str, Any]


class WatchedRun:
    """
    Attributes:
        path: its folder.
        process: `sonic-worlds train`.
    """

    def __init__(self, path: Path, process: Process) -> None:
        self.path = path
        self.process = process

    def pids(self, words: str) -> list[int]:
        """Its processes with `words` in their command lines."""
        return descendants(self.process.pid, words)

    def last(self) -> Row:
        """The newest row; an empty one when there is none yet."""
        return newest_row(self.path / "metrics.jsonl") or {}

    def wait_until(self, true: Callable[[Row], bool], seconds: float = 400.0) -> float:
        """Until it is true of the newest row; the seconds that took."""
        begin = time.monotonic()
        while not ((last := self.last()) and true(last)):
            assert self.process.poll() is None, self.process.stdout and self.process.stdout.read()
            assert time.monotonic() - begin < seconds, last
            time.sleep(0.1)
        return time.monotonic() - begin

    def wait_until_all_work(self, actors: int) -> float:
        """Until so many actors sample, both learners learn and new, intact versions are used; the seconds that took."""
        then = self.last()
        return self.wait_until(
            lambda row: (
                row["rollout_actors"] == actors
                and row["world_model_updates_total"] > then["world_model_updates_total"] + 4
                and row["weights_version"] > then["weights_version"] + 1
                and row["ppo_updates_total"] > then["ppo_updates_total"] + 2
                and row["staleness_max"] <= 2
                # And these are what the learner made: each was taken up by its digest.
                and row["weights_refused_total"] == 0
            )
        )

    def longest_iteration(self, since: int) -> float:
        """Seconds of the longest iteration since a number of rows."""
        return max(float(row["iteration_seconds"]) for row in rows(self.path)[since:])

    def end(self) -> str:
        """Ctrl-C; what it printed. `check` is done."""
        interrupt(self.process)
        printed, _ = self.process.communicate(timeout=300)
        self.check(printed, rows(self.path))
        return printed

    def check(self, printed: str, history: list[Row]) -> None:
        """
        Raises:
            AssertionError: it did not end well, or a counter went backwards.
        """
        assert self.process.returncode == 0, printed
        assert "Traceback" not in printed
        # Of what was published, nothing came back as something else.
        assert "left out" not in printed
        assert "other values" not in printed
        check_never_back(history)
