"""Measures the cost of all metrics together: a rollout actor with and without them, in turn, in one process.

python -m benchmarks.metrics_overhead

With: every step is counted and timed; the actor's report to Ray; the driver's row, its JSON line, its points in
TensorBoard, and the endpoint, which is scraped every two seconds. Without: none of it. Learners and policy updates,
which no metric slows down, are left out: in a whole run the share is smaller.
"""

import shutil
import tempfile
import time
import urllib.request
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import ray
from rich.console import Console
from rich.table import Table

from actors.games.levels import select_levels
from actors.rollout.actor_metrics import ActorMetrics
from actors.rollout.env_runner import REPORTS
from benchmarks.worker import rollout_runner
from cluster.config.config import TrainConfig
from cluster.host.ray_cluster import start_ray
from cluster.metrics.log import MetricsLog
from cluster.metrics.throughput import Throughput
from cluster.metrics.totals import Totals
from cluster.run.folder import RunFolder
from learners.iteration import Iteration

EMULATORS = TrainConfig().emulators_per_actor
SLICE_SECONDS, SLICES = 2.0, 30
SAMPLE_STEPS = 16 * EMULATORS
ITERATION_STEPS = TrainConfig().policy.train_batch_steps
SCRAPE_SECONDS = 2.0
PORT = 19_849


class Metrics:
    """The work of a run for its metrics, around one actor in this process."""

    def __init__(self, runner: Any, run: RunFolder) -> None:
        self._runner = runner
        self._actor = ActorMetrics()
        self._totals = Totals()
        self._throughput = Throughput(time.monotonic(), {})
        self._log = MetricsLog(run, "127.0.0.1", PORT, 0)
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self._reports: list[dict[str, Any]] = []
        self._steps = 0
        self._scraped_at = 0.0

    def after_sample(self) -> None:
        report = self._runner.report()
        self._actor.record(report)
        self._reports.append(report)
        self._steps += report["tally"].steps
        if self._steps >= ITERATION_STEPS:
            self._end_iteration()
        if time.monotonic() - self._scraped_at > SCRAPE_SECONDS:
            self._scraped_at = time.monotonic()
            self._opener.open(f"http://127.0.0.1:{PORT}/metrics", timeout=5).read()

    def _end_iteration(self) -> None:
        self._totals.add(Iteration({REPORTS: self._reports}, 1, [], {}, {}))
        row = {"iteration": 1, **self._totals.row()}
        self._log.write(row | self._throughput.add(time.monotonic(), row))
        self._reports, self._steps = [], 0

    def close(self) -> None:
        self._log.__exit__(None, None, None)


def measure() -> dict[str, Any]:
    """Returns the median of the speed with metrics / the mean of the speeds without, before and after it."""
    runner = rollout_runner(select_levels("windup-train"), EMULATORS)
    count = runner.vec._counting.add
    with tempfile.TemporaryDirectory() as folder:
        start_ray(Path(folder) / "ray")
        run = RunFolder.create(TrainConfig(runs_dir=Path(folder), name="a"))
        metrics = Metrics(runner, run)
        for _ in range(3):
            runner.sample(num_timesteps=SAMPLE_STEPS)
            metrics.after_sample()

        def rate(measured: bool) -> float:
            runner.vec._counting.add = count if measured else _nothing
            samples, begin = 0, time.perf_counter()
            while time.perf_counter() - begin < SLICE_SECONDS:
                runner.sample(num_timesteps=SAMPLE_STEPS)
                if measured:
                    metrics.after_sample()
                samples += 1
            return samples * SAMPLE_STEPS / (time.perf_counter() - begin)

        around, rates = [rate(False)], []
        for _ in range(SLICES):
            rates.append(rate(True))
            around.append(rate(False))
        metrics.close()
        run.close()
        ray.shutdown()
        shutil.rmtree(Path(folder) / "ray", ignore_errors=True)
    runner.stop()
    ratio = median(mine / ((a + b) / 2) for mine, (a, b) in zip(rates, pairwise(around), strict=True))
    return {"steps_per_second": median(rates), "ratio": ratio}


def table(result: dict[str, Any]) -> Table:
    shown = Table("a rollout actor with all metrics", "steps/s", "of its speed without")
    shown.add_row("", f"{result['steps_per_second']:,.0f}", f"{result['ratio']:.3f}")
    return shown


def _nothing(*_: object) -> None:
    return


if __name__ == "__main__":
    Console().print(table(measure()))
