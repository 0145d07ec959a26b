"""Where an iteration's numbers go: metrics.jsonl, TensorBoard, Prometheus."""

import errno
import json
import math
from types import TracebackType
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server
from tensorboardX import SummaryWriter

from cluster.errors import UsageError
from cluster.run_folder import RunFolder

Row = dict[str, Any]


class MetricsLog:
    """Writes rows; a context."""

    def __init__(self, run: RunFolder, port: int, steps: int) -> None:
        """
        Args:
            steps: done before; TensorBoard forgets what an earlier process logged above them.
            port: of the Prometheus endpoint on loopback; 0 for none.

        Raises:
            UsageError: the port is in use.
        """
        self._endpoint = _Endpoint(port) if port else None
        self._lines = run.metrics_path.open("a")
        self._board = SummaryWriter(str(run.tensorboard), purge_step=steps + 1)

    def write(self, row: Row) -> None:
        """One line, and one point per number; numbers that are not finite are written as null."""
        finite = _finite(row)
        self._lines.write(json.dumps(finite) + "\n")
        self._lines.flush()
        numbers = {k: v for k, v in finite.items() if isinstance(v, int | float)}
        for name, value in numbers.items():
            self._board.add_scalar(name, value, row["steps_total"])
        levels = finite.get("levels", {})
        for level, its in levels.items():
            for name, value in its.items():
                if value is not None:
                    self._board.add_scalar(f"level_{name}/{level}", value, row["steps_total"])
        if self._endpoint:
            self._endpoint.set(numbers, levels)

    def __enter__(self) -> "MetricsLog":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lines.close()
        self._board.close()
        if self._endpoint:
            self._endpoint.close()


def _finite(row: Row) -> Row:
    return {
        key: _finite(value)
        if isinstance(value, dict)
        else None
        if isinstance(value, float) and not math.isfinite(value)
        else value
        for key, value in row.items()
    }


class _Endpoint:
    """The rows as Prometheus metrics `sonic_worlds_<name>`; names in _total are counters.

    What is known of single levels is in `sonic_worlds_level_<name>`, with a label `level`.
    """

    def __init__(self, port: int) -> None:
        self._registry = CollectorRegistry()
        self._metrics: dict[str, Counter | Gauge] = {}
        self._told: dict[tuple[str, str], float] = {}
        try:
            self._server, self._thread = start_http_server(port, "127.0.0.1", self._registry)
        except OSError as error:
            why = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be opened: {error.strerror}"
            raise UsageError(f"--metrics-port {port} {why}; choose another, or 0 for none") from error

    def set(self, numbers: dict[str, float], levels: dict[str, dict[str, float | None]]) -> None:
        for name, value in numbers.items():
            self._set(name, value)
        for level, its in levels.items():
            for name, number in its.items():
                if number is not None:
                    self._set(f"level_{name}", number, level)

    def _set(self, name: str, value: float, level: str = "") -> None:
        if name not in self._metrics:
            kind = Counter if name.endswith("_total") else Gauge
            labels = ["level"] if level else []
            words = name.replace("_", " ")
            self._metrics[name] = kind(f"sonic_worlds_{name}", words, labels, registry=self._registry)
        metric = self._metrics[name].labels(level) if level else self._metrics[name]
        if isinstance(metric, Counter):
            metric.inc(max(0.0, value - self._told.get((name, level), 0.0)))
            self._told[name, level] = value
        else:
            metric.set(value)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
