"""Writes the metrics of iterations: to metrics.jsonl, TensorBoard and Prometheus."""

import errno
import json
import math
import os
import shutil
from collections.abc import Iterator
from itertools import chain
from types import TracebackType
from typing import Any

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from cluster.config.errors import UsageError
from cluster.metrics.board import Board
from cluster.metrics.catalogue import CATALOGUE, PREFIX
from cluster.run.folder import RunFolder

Row = dict[str, Any]
_ROOM_BYTES = 1 << 20
"""Bytes of the disk that must be free: points that TensorBoard's writer cannot write are lost."""


class MetricsLog:
    """A context that writes rows."""

    def __init__(self, run: RunFolder, host: str, port: int, steps: int) -> None:
        """
        Args:
            host, port: of the Prometheus endpoint; port 0 for none.
            steps: done before; TensorBoard drops points of an earlier process above them.

        Raises:
            UsageError: the port is in use.
        """
        self._endpoint = _Endpoint(host, port) if port else None
        self._folder = run.path
        self._lines = os.open(run.metrics_path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self._waiting: list[Row] = []
        self._board = Board(run.tensorboard, steps)

    def write(self, row: Row) -> str:
        """Writes a row: a JSON line, and a point per number. Numbers that are not finite become null.

        Rows that cannot be written, as on a full disk, wait.

        Returns:
            Why rows wait; "" if none does.
        """
        finite = _finite(row)
        if self._endpoint:
            # Prometheus has words for numbers that are not finite.
            self._endpoint.set(row)
        self._waiting.append(finite)
        try:
            while self._waiting:
                if shutil.disk_usage(self._folder).free <= _ROOM_BYTES:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                self._write_line(self._waiting[0])
                self._draw(self._waiting.pop(0))
        # A full disk, a quota, a limit of the process's, a server of files that is away.
        except OSError as error:
            return error.strerror or str(error)
        return ""

    def _write_line(self, row: Row) -> None:
        """Writes a JSON line, whole or not at all.

        Raises:
            OSError: it cannot be written.
        """
        line = json.dumps(row).encode() + b"\n"
        size = os.fstat(self._lines).st_size
        try:
            while line:
                line = line[os.write(self._lines, line) :]
        except OSError:
            os.ftruncate(self._lines, size)
            raise

    def _draw(self, row: Row) -> None:
        of_levels = {
            f"level_{name}/{level}": value
            for level, its in row.get("levels", {}).items()
            for name, value in its.items()
            if value is not None
        }
        self._board.add(_numbers(row) | of_levels, row["steps_total"])

    def __enter__(self) -> "MetricsLog":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._lines)
        self._board.close()
        if self._endpoint:
            self._endpoint.close()


def _numbers(row: Row) -> dict[str, float]:
    return {k: v for k, v in row.items() if isinstance(v, int | float)}


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
    """Serves the newest row as the catalogue's metrics; levels that are not played any more keep their last values."""

    def __init__(self, host: str, port: int) -> None:
        self._row: Row = {}
        registry = CollectorRegistry()
        registry.register(self)
        try:
            self._server, self._thread = start_http_server(port, host, registry)
        except OSError as error:
            why = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be opened: {error.strerror}"
            raise UsageError(f"--metrics-port {port} {why}; choose another, or 0 for none") from error

    def set(self, row: Row) -> None:
        # Odds are of the moment; those of a level that is played no more have changed since.
        known = {
            name: {key: value for key, value in level.items() if key != "probability"}
            for name, level in self._row.get("levels", {}).items()
        }
        self._row = row | {"levels": known | row.get("levels", {})}

    def collect(self) -> Iterator[Metric]:
        """Called by prometheus_client, in a thread of its own, at every scrape."""
        row = self._row
        for metric in chain.from_iterable(CATALOGUE.values()):
            kind = CounterMetricFamily if metric.counter else GaugeMetricFamily
            family = kind(PREFIX + metric.name, metric.help, labels=metric.labels)
            for labels, value in metric.values(row):
                family.add_metric(labels, value)
            yield family

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
